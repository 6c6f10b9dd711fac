"""Process objects that were there before the pipeline."""
