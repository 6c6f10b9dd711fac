"""The shared library of imagebus: event contracts, ports and their AWS adapters."""

from __future__ import annotations

import gc
import os

__version__ = "0.1.0"

# A cold start builds some hundred thousand objects that all stay, and the collector goes through them again
# and again, for a fifth of the time it takes. In a function, this package is the first one to be imported.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.set_threshold(100_000, 20, 20)
