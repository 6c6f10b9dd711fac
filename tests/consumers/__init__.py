"""Consumers that are right, and twenty that are wrong, for the test kit to find."""
