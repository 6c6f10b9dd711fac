"""Functions as Lambda runs them: a bare interpreter, the built layers and the function's folder."""
