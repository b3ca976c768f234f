"""All this project knows about fraud: what a transaction is, its features, the model, its decisions. Touches no AWS."""
