"""What a load run reports about its images and about memory."""

from __future__ import annotations

from xml.etree import ElementTree

from imagebus_cli.measure.load import LoadOutcome, picture
from imagebus_cli.measure.load_report import chart, markdown
from imagebus_cli.measure.processes import Usage


def usage(memory: float, temporary: int = 0) -> Usage:
    return Usage(0.0, 1, memory, 0, 0, temporary)


def load_run(**changes: object) -> LoadOutcome:
    known: dict[str, object] = {
        "uploaded": 4,
        "seconds": (1.0, 2.0, 3.0, 10.0),
        "statuses": {"completed": 4},
        "stuck": 0,
        "unannounced": 0,
        "announced_twice": 0,
        "took_s": 60.0,
        "usage": tuple(usage(100.0) for _ in range(20)),
    }
    return LoadOutcome(**{**known, **changes})  # type: ignore[arg-type]


def test_a_run_is_clean_only_if_every_image_completed_and_was_told_once() -> None:
    assert load_run().clean
    assert not load_run(stuck=1).clean
    assert not load_run(unannounced=1).clean
    assert not load_run(announced_twice=1).clean
    assert not load_run(statuses={"completed": 3, "failed": 1}).clean


def test_percentiles_and_throughput() -> None:
    assert load_run().percentile(0.5) == 3.0
    assert load_run().percentile(0.99) == 10.0
    assert load_run().per_minute == 4.0


def test_growth_compares_late_with_early_and_leaves_the_warm_up_out() -> None:
    samples = [usage(10.0)] * 4 + [usage(100.0)] * 12 + [usage(110.0, 5)] * 4
    memory, temporary = load_run(usage=tuple(samples)).growth
    assert round(memory, 3) == 0.1
    assert temporary == 1.0


def test_every_picture_is_another_one() -> None:
    assert len({picture(number) for number in range(5)}) == 5


def test_the_report_names_what_went_wrong_and_the_chart_is_a_picture() -> None:
    text = markdown(load_run(stuck=3), rate=2, soak=True)
    assert "| lost or stuck | 3 |" in text
    assert "growth" in text
    assert ElementTree.fromstring(chart(load_run())).tag.endswith("svg")
