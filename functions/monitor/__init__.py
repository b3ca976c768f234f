"""Finds in SageMaker itself what events lost, mends it, and removes what nobody needs any more."""
