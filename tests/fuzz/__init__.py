"""Mutations of valid files: the engine must validate or reject each of them, and survive."""
