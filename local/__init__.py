"""AWS on one machine: an emulator of the services around it, and a SageMaker that really trains and serves."""
