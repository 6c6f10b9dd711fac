"""Rights-free sample images, made by code."""
