"""The shared library of imagebus: event contracts, ports and their AWS adapters."""

from __future__ import annotations

import gc
import os

__version__ = "0.1.0"

_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def initialized() -> None:
    """The imports are done: what they made stays for good, and the collector need not look at it again."""
    if _IN_LAMBDA:
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)


# A cold start builds some hundred thousand objects that all stay, and the collector goes through them again
# and again, for a fifth of the time it takes. In a function, this package is the first one to be imported.
# No cold start reaches this threshold; the collector is never off, whatever a consumer does or leaves out.
if _IN_LAMBDA:
    gc.set_threshold(300_000, 20, 20)
