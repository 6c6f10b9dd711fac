"""The smoke test of a deployed stack: a presigned form, an odd key, both read and deleted through the API."""

from __future__ import annotations

from imagebus_cli.stack import smoke
from tests.e2e.harness import Pipeline


def test_a_sound_stack_passes_and_nothing_is_left(pipeline: Pipeline) -> None:
    stack = pipeline.target.deployed
    report = smoke.run(stack, token=None, patience=120)
    assert report.problem is None
    assert report.through_api
    assert report.event_keys == "raw"
    odd, form = (image["image_key"] for image in report.images)
    assert odd.endswith(smoke.ODD_NAME)
    assert form.startswith("uploads/")
    pipeline.settled()
    for key in (odd, form):
        listed = pipeline.client("s3").list_object_versions(Bucket=stack.uploads, Prefix=key)
        assert not [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
