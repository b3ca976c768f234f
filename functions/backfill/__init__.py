"""What the training data know of each entity joins what live scoring knows, before a model goes live."""
