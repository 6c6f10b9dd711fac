"""Mutation: plausible small mistakes, made one at a time, which some test or the simulator must notice."""
