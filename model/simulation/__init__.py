"""A small made-up world of card payments, so that nobody needs a download to see the whole loop run."""
