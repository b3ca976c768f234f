"""Schemas with sensitive fields."""

from model.schema import Schema, load


def sensitive(*names: str) -> Schema:
    """The shipped schema, with these fields sensitive."""
    document = load().to_dict()
    for name in names:
        document["fields"][name]["sensitive"] = True
    return Schema.from_dict(document)
