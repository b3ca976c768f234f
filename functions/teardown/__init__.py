"""Removes with the stack what the functions made outside it."""
