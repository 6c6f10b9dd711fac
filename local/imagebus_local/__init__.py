"""AWS on this computer: an emulator on the loopback, to which the real SAM CLI deploys template.yml.

>>> from imagebus_local import up, down
>>> local = up(port=4566, say=print)        # doctest: +SKIP
>>> local.outputs["UploadsBucketName"]      # doctest: +SKIP
>>> down()                                  # doctest: +SKIP
"""

from __future__ import annotations

from imagebus_local.emulator import VARIABLES, overriding
from imagebus_local.errors import LocalError
from imagebus_local.places import Places
from imagebus_local.stack import Status, client, down, env, session, status, up
from imagebus_local.state import LocalState

__all__ = [
    "VARIABLES",
    "LocalError",
    "LocalState",
    "Places",
    "Status",
    "client",
    "down",
    "env",
    "overriding",
    "session",
    "status",
    "up",
]
