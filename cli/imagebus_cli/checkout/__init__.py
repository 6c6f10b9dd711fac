"""Commands that need a checkout of the repository."""
