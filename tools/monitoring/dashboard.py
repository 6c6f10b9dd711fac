"""The dashboard: flow, outcomes, latency, inboxes, dead letters and cost, from top to bottom."""

from __future__ import annotations

from typing import Any

from imagebus.events.catalog import STAGES

#: Of us-east-1, x86: cli/imagebus_cli/measure/prices.json holds the same figure with its source.
GB_SECOND = "0.0000166667"
WIDTH = 24

Widget = dict[str, Any]
Series = list[Any]


def _graph(title: str, series: list[Series], *, stat: str = "Sum", unit: str = "", width: int = 12) -> Widget:
    properties: dict[str, Any] = {
        "title": title,
        "metrics": series,
        "stat": stat,
        "period": 60,
        "region": "${AWS::Region}",
        "view": "timeSeries",
    }
    if unit:
        properties["yAxis"] = {"left": {"label": unit, "showUnits": False, "min": 0}}
    return {"type": "metric", "width": width, "height": 6, "properties": properties}


def _query(title: str, query: str, *, width: int = 8) -> Widget:
    """A query of the recorder's log, which measures every event whatever METRIC_DETAIL is."""
    source = "SOURCE '/aws/lambda/${Name}/recorder' | "
    properties = {"title": title, "query": source + query, "region": "${AWS::Region}", "view": "table"}
    return {"type": "log", "width": width, "height": 6, "properties": properties}


def _own(name: str, **options: str | bool) -> Series:
    return ["imagebus", name, "bus", "${Name}", *([options] if options else [])]


def _queues(metric: str, kind: str) -> list[Series]:
    """A line per stage. The queues have the names that consumer.yml gives them."""
    return [
        ["AWS/SQS", metric, "QueueName", f"${{Name}}_{stage.name}_{kind}", {"label": stage.name}]
        for stage in STAGES
    ]


def widgets() -> list[Widget]:
    outcomes = {"Completed": "#2ca02c", "Rejected": "#ff7f0e", "Failed": "#d62728", "Stalled": "#9467bd"}
    cost = {"expression": f"gb * {GB_SECOND}", "label": "Lambda, USD", "id": "usd"}
    return [
        _graph("Images a minute", [_own("Uploads"), *(_own(n, color=c) for n, c in outcomes.items())]),
        _graph(
            "Upload to completed",
            [_own("ImageLatency", stat=stat, label=stat) for stat in ("p50", "p99")],
            unit="ms",
        ),
        _query(
            "Latency of each stage, ms",
            "filter ispresent(StageLatency) | stats pct(StageLatency, 50) as p50, "
            "pct(StageLatency, 99) as p99, count() as events by stage | sort p99 desc",
        ),
        _query("Events", "filter ispresent(Events) | stats count() as n by event | sort n desc"),
        _query("Rejections", "filter ispresent(Rejections) | stats count() as n by code | sort n desc"),
        _graph(
            "Age of the oldest message in each inbox",
            _queues("ApproximateAgeOfOldestMessage", "inbox"),
            stat="Maximum",
            unit="s",
        ),
        _graph(
            "Messages waiting in each inbox",
            _queues("ApproximateNumberOfMessagesVisible", "inbox"),
            stat="Maximum",
        ),
        _graph(
            "Dead letters, and what could not be delivered",
            [
                *_queues("ApproximateNumberOfMessagesVisible", "dead_letters"),
                [
                    *("AWS/SQS", "NumberOfMessagesSent", "QueueName", "${UndeliveredQueue}"),
                    {"label": "undelivered", "stat": "Sum"},
                ],
                _own("Quarantined"),
            ],
            stat="Maximum",
            width=8,
        ),
        _graph(
            "Trouble",
            [
                _own("FailedAttempts"),
                ["AWS/Lambda", "Errors", {"label": "errors, whole account"}],
                ["AWS/Lambda", "Throttles", {"label": "throttles, whole account"}],
            ],
            width=8,
        ),
        _graph(
            "Cost of computing",
            [_own("BilledGBSeconds", id="gb", visible=False), [cost]],
            unit="USD a minute",
            width=8,
        ),
    ]


def body() -> dict[str, Any]:
    """The widgets in rows, left to right."""
    placed, x, y = [], 0, 0
    for widget in widgets():
        if x + widget["width"] > WIDTH:
            x, y = 0, y + widget["height"]
        placed.append({**widget, "x": x, "y": y})
        x += widget["width"]
    return {"start": "-PT3H", "widgets": placed}
