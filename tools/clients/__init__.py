"""Typed events and a typed API client for other languages: what clients/ holds, and how it is generated."""
