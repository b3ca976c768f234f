"""The schema in force is the one in the bucket if it is there, else the one that came with the code."""

SCHEMA_KEY = "config/schema.yaml"
LARGEST_SCHEMA = 256 * 1024  # a schema has some kilobytes; this one is read into memory
