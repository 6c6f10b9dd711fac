"""A new consumer: a folder with a stack of its own."""
