"""The latency report."""

from __future__ import annotations

from imagebus_cli.measure.latency import Measurement, report

STAGES = {
    "thumbnailer": {"at": "2", "event": "ThumbnailsCreated", "ms": 300, "billed_ms": 90},
    "validator": {"at": "1", "event": "ImageValidated", "ms": 100, "billed_ms": 20},
}


def test_the_report_states_medians_and_spreads():
    measured = Measurement(cold=41.26, warm=[5.0, 7.04], single=[0.5, 0.7, 0.6], items=[{"stages": STAGES}])
    measured.batch = [{"stages": STAGES}, {"stages": STAGES}, {"stages": {}}]
    text = report(measured)
    assert "| one warm 12 MP JPEG, median of 3 | 0.60 s (0.50–0.70 s) |" in text
    assert "| 50 mixed images at once, cold | 41.3 s |" in text
    assert "| 50 mixed images at once, warm, 2 times | 5.0–7.0 s |" in text
    assert text.index("validator → ImageValidated | 100 ms | 20 ms | 0.0 s") < text.index(
        "thumbnailer → ThumbnailsCreated | 300 ms | 90 ms | 0.2 s"
    )


def test_what_was_not_measured_is_not_invented():
    assert "cold | not measured |" in report(Measurement(warm=[5.0], single=[0.5], items=[{"stages": {}}]))
