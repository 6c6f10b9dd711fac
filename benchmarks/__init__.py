"""Measurements of the image engine against its competitors: `python -m benchmarks.engine`."""
