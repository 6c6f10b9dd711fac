"""Consumers in stacks of their own: make one, build and deploy it, see what it receives."""
