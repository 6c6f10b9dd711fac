from tests.no_child import no_child

__all__ = ["no_child"]
