"""Measure cost, latency and load."""
