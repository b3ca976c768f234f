"""Benchmarks: `make bench` runs them, each figure is one JSON line. What they are measured against runs beside them."""
