"""The REST API: a transaction comes in, a kept decision goes out."""
