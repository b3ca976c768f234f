"""Training jobs: what a request may say, what a job goes through, and the process that trains."""
