"""Mutations of valid files: whatever they become, the engine validates or rejects them, and lives."""
