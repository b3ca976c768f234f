"""Files dropped in the bucket become one training job."""
