"""Makes the emulator record every IAM decision. Python itself loads this file, from PYTHONPATH.

Only a process that imports the emulator's evaluator is affected. The functions' workers inherit this
file without effect.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import Any

EVALUATOR = "ministack.core.iam_evaluator"


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != EVALUATOR:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            load = loader.exec_module

            def load_and_record(module: ModuleType) -> None:
                load(module)
                _record(module, os.environ["IMAGEBUS_IAM_RECORD"])

            loader.exec_module = load_and_record
        return spec


def _record(evaluator: Any, path: str) -> None:
    decide, lock, principals = evaluator.enforce, threading.Lock(), dict[str, str]()
    file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: PTH123, SIM115 - while the emulator runs

    def enforce(
        access_key: str, action: str, service: str, region: str, resource_arn: str = "*", **options: Any
    ) -> Any:
        denied = decide(access_key, action, service, region, resource_arn=resource_arn, **options)
        from ministack.core.responses import get_account_id

        # A function or user keeps its key, and the key its principal.
        principal = principals.get(access_key) or getattr(
            evaluator.resolve_principal(access_key or "", get_account_id()), "arn", ""
        )
        if ":assumed-role/" in principal or ":user/" in principal:
            principals[access_key] = principal
            entry = {
                "role": principal.split("/")[1],
                "action": action,
                "resource": resource_arn,
                "allowed": denied is None,
            }
            with lock:
                file.write(json.dumps(entry) + "\n")
        return denied

    evaluator.enforce = enforce


if "IMAGEBUS_IAM_RECORD" in os.environ:
    sys.meta_path.insert(0, _Finder())
