"""Take objects into the pipeline that were there before it."""
