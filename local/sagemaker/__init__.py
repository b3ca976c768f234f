"""A SageMaker for one machine: real training jobs and real endpoints in processes of their own, behind AWS's API."""
