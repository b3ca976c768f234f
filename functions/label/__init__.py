"""What became of a transaction: POST /labels joins it to the decision and to the history of those who took part."""
