"""Finds the bugs of a consumer, for `imagebus.testing.consumer` and `imagebus test-consumer`."""
