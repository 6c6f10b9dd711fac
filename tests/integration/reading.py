"""A pytest plug-in: records which fields of events the code below READS_OF reads, in the file READS_TO.

Each field as `Meta.image_key`: the model's name and the field's. `StackMeta` counts as `Meta`, because code
that handles both kinds of events reads the same fields.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from imagebus.events.base import StackMeta
from imagebus.events.model import Model

_read: set[str] = set()


def pytest_configure() -> None:
    source, plain = os.environ["READS_OF"], Model.__getattribute__

    def recording(self: Model, name: str) -> Any:
        if sys._getframe(1).f_code.co_filename.startswith(source) and name in type(self).__struct_fields__:
            model = "Meta" if isinstance(self, StackMeta) else type(self).__name__
            _read.add(f"{model}.{name}")
        return plain(self, name)

    Model.__getattribute__ = recording  # type: ignore[method-assign, assignment]


def pytest_sessionfinish() -> None:
    Path(os.environ["READS_TO"]).write_text(json.dumps(sorted(_read)), encoding="utf-8")
