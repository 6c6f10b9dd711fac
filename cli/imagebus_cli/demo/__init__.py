"""`imagebus demo`: the whole pipeline in one command."""
