"""Deletes what the tables hold of one customer, card, e-mail address …, for those who may ask to be forgotten."""
