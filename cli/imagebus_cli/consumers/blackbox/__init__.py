"""Tests a deployed consumer in any language by what its stack holds afterwards."""
