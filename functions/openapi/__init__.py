"""The REST API described by itself: an OpenAPI document made from the live model's schema, and a page for people."""
