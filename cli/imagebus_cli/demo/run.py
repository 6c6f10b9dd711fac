"""The demo, from start to finish."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from imagebus.history.recorded import RecordedEvent
from imagebus_cli.demo import derived, pictures, report, sheet
from imagebus_cli.demo.pictures import Picture
from imagebus_cli.demo.result import DemoResult, results
from imagebus_cli.local.running import local_stack
from imagebus_cli.output import terminal
from imagebus_cli.output.text import count
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.subscription import Notification, subscribed
from imagebus_cli.uploads import tracking as uploads
from imagebus_cli.uploads.files import Skipped, summary

#: Notifications normally follow within milliseconds of the final status; this is for a busy computer.
ANNOUNCED_WITHIN = 30.0


def run(
    images: Path | None, output: Path, *, port: int | None, patience: float, keep: bool
) -> list[DemoResult]:
    """How every image ended."""
    derived.require_ours(output)
    own = _own(images) if images else None
    with ThreadPoolExecutor(1) as pool:
        painting = pool.submit(pictures.samples) if own is None else None
        with local_stack(port, keep=keep) as local:
            chosen = painting.result() if painting else own or []
            ended, notifications = _process(local.stack, chosen, patience)
            report.table(ended, cold=local.fresh)
            shown = _to_show(ended)
            if shown:
                report.timeline(shown.key, _events(local.stack, shown))
            report.notifications(notifications)
            _write(local.stack, ended, output)
    return ended


def _own(folder: Path) -> list[Picture]:
    """Raises Problem if there is nothing to upload."""
    skipped: list[Skipped] = []
    found = pictures.folder(folder, skipped.append)
    if not found:
        raise Problem(
            f"There are no files to upload in {folder}.",
            "Put some images there.",
            detail="\n".join(summary(skipped)),
            exit_code=2,
        )
    for line in summary(skipped):
        terminal.console.print(terminal.safe(line), soft_wrap=True)
    return found


def _process(
    stack: Stack, chosen: Sequence[Picture], patience: float
) -> tuple[list[DemoResult], list[Notification]]:
    total = len(chosen)
    with subscribed(stack) as subscription:
        with terminal.step(f"{count(total, 'image')} uploaded"):
            put = uploads.put_all(stack, {picture.key: picture.read for picture in chosen})
        with terminal.step("processed") as say:
            items = uploads.wait(
                stack, put, patience=patience, progress=lambda done: say(f"{done} of {total} finished")
            )
            if len(items) < total:
                say.unfinished(f"{total - len(items)} of {total} not finished")
        with terminal.step("notifications received") as say:
            notifications = subscription.collect(set(items), patience=ANNOUNCED_WITHIN)
            if missing := items.keys() - {each.image_key for each in notifications}:
                say.unfinished(f"none about {count(len(missing), 'image')}")
    return results(chosen, put, items, notifications), notifications


def _to_show(ended: Sequence[DemoResult]) -> DemoResult | None:
    """The largest completed image; of the samples, the 12 MP one."""
    completed = [result for result in ended if result.item and result.status == "completed"]
    return max(completed, key=_pixels, default=None)


def _pixels(result: DemoResult) -> int:
    item = result.item or {}
    return int(item.get("width", 0)) * int(item.get("height", 0))


def _events(stack: Stack, result: DemoResult) -> list[RecordedEvent]:
    revision = result.item["revision"] if result.item else ""
    return [event for event in stack.store.history(result.key) if event.revision == revision]


def _write(stack: Stack, ended: Sequence[DemoResult], output: Path) -> None:
    page = output / "index.html"
    with terminal.step(f"contact sheet {page}"):
        files = derived.download(stack, ended, output)
        with ThreadPoolExecutor(8) as pool:
            events = pool.map(lambda result: _events(stack, result) if result.item else [], ended)
            cards = [
                sheet.Card(result, found, files.get(result.key, {}))
                for result, found in zip(ended, events, strict=True)
            ]
        page.write_text(sheet.render(cards), encoding="utf-8")
