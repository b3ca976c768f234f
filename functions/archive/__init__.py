"""Copies decisions from the table's stream to the log in S3."""
