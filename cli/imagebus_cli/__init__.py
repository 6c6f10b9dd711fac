"""The `imagebus` command."""
