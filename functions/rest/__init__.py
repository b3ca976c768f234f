"""What every path of the REST API keeps: the bounds of a body, the form of a problem."""
