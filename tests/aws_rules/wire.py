"""Responses as botocore reads them from the wire."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any


class Raw(io.BytesIO):
    """A response's body."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.getvalue()
