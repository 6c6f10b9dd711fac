"""Upload files and follow them."""
