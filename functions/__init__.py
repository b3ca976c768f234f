"""The Lambda functions: all this project knows about AWS. What fraud is, `model` decides."""
