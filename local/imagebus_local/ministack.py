"""`python -m imagebus_local.ministack`: the emulator, with a replay that goes where it is sent.

MiniStack 1.5 keeps a replay's FilterArns and dispatches to every rule all the same. On AWS a replay reaches
the named rules only, and rebuilding one projection depends on it.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html
"""

from __future__ import annotations

from typing import Any

from ministack.app import main
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


if __name__ == "__main__":
    keep_filters(eventbridge)
    main()
