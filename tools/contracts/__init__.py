"""The contracts as files: schemas, their registry, the gate against breaking them, and the documentation."""
