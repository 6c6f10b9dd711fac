"""The whole system in one process: real handlers over an in-memory AWS, virtual time, one random seed."""
