"""`imagebus recipe`: what is derived from an image, and how to change that for images that are there."""
