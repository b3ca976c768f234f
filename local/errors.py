"""What went wrong, in one line that tells the user what to do; the command line prints it and exits."""


class LocalError(Exception):
    """A step failed for a reason that the message explains."""
