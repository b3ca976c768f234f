"""The model registry: model package groups, and in each its packages by version."""
