"""Rules that were dropped in the bucket come into force if every one can be used; else people are told why not."""
