"""A deployed stack: find it, deploy it, check it."""
