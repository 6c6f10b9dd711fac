"""`python -m imagebus_local.ministack`: the emulator, with what it lacks and the pipeline rests on.

A replay that goes where it is sent. MiniStack 1.5 keeps a replay's FilterArns and sends to every rule all
the same. On AWS a replay reaches the named rules only, and rebuilding one projection depends on it.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html

The condition key `events:source`, which limits each service to events of its own. MiniStack never fills it.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html

A `*` in a policy that matches any character. MiniStack's stops at a line break, which a key may contain.

One copy of the layers for all workers. MiniStack unpacks 80 MB for every cold start: half of its time.
"""

from __future__ import annotations

import json
import re
import zipfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from types import SimpleNamespace
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import eventbridge


def keep_filters(service: Any) -> None:
    """From now on a replayed event is delivered to no rule that its replay does not name."""
    deliver = service._invoke_target

    def deliver_if_named(target: Any, event: dict[str, Any], rule: dict[str, Any], *rest: Any) -> None:
        replay = service._replays.get(event.get("ReplayName") or "") or {}
        named = (replay.get("Destination") or {}).get("FilterArns")
        if not named or rule["Arn"] in named:
            deliver(target, event, rule, *rest)

    service._invoke_target = deliver_if_named


def know_sources(actions: Any) -> None:
    """From now on a policy's condition on `events:source` sees the source of what PutEvents brings."""
    others = actions.request_tag_context

    def context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = others(service, iam_action, body, params)
        if iam_action == "events:PutEvents":
            found["events:source"] = source(body)
        return found

    actions.request_tag_context = context


def source(body: bytes) -> str:
    """The one source of all entries; AWS judges entry by entry, here a mixture is no source at all."""
    sources = {entry.get("Source", "") for entry in json.loads(body).get("Entries", [])}
    return str(sources.pop()) if len(sources) == 1 else ""


def match_line_breaks(evaluator: Any) -> None:
    """From now on a wildcard of a policy matches line breaks as well."""
    compiled = evaluator._fnmatch_compile

    @cache
    def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        expression: re.Pattern[str] = compiled(pattern, ignore_case)
        return re.compile(expression.pattern, expression.flags | re.DOTALL)

    evaluator._fnmatch_compile = compile_pattern


def unpack_once(runtime: Any) -> None:
    """From now on a zip file is unpacked for its first worker; the others get a link to the same folder."""
    shared, unpacking = Path(mkdtemp(prefix="unpacked-")), Lock()

    class SharedZipFile(zipfile.ZipFile):
        def extractall(self, path: Any = None, *_members: Any) -> None:
            contents = repr([(each.filename, each.CRC) for each in self.infolist()])
            folder = shared / sha256(contents.encode()).hexdigest()
            with unpacking:
                if not folder.exists():
                    super().extractall(folder)
            Path(path).rmdir()
            Path(path).symlink_to(folder)

    runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})


if __name__ == "__main__":
    match_line_breaks(iam_evaluator)
    keep_filters(eventbridge)
    know_sources(iam_actions)
    unpack_once(lambda_runtime)
    main()
