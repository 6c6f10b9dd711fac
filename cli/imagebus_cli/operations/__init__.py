"""Operate on logs and projections: replay, rebuild, verify, retry."""
