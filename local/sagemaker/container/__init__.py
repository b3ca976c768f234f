"""What runs inside a serving process; it imports nothing of the rest."""
