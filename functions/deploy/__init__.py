"""A training job that ended becomes the serving model, or a message that says why not."""
