"""Proposes a schema for files nobody has described yet: what a sample of the rows and the columns' names tell."""
