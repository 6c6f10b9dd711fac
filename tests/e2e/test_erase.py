"""An erased image is gone: every version, everything derived, log and status. Other images stay."""

from __future__ import annotations

import pytest

from imagebus.identity import derived_prefix
from imagebus_cli.images.erase import erase
from tests.e2e.harness import Pipeline, jpeg


@pytest.mark.e2e
def test_an_erased_image_is_gone_with_all_its_versions(pipeline: Pipeline) -> None:
    stack = pipeline.target.deployed
    key = pipeline.upload(pipeline.key(), jpeg())
    neighbour = pipeline.upload(f"{key}.backup", jpeg())
    pipeline.wait(key, "completed")
    pipeline.upload(key, jpeg("red"))
    pipeline.settled()
    pipeline.wait(key, "completed")
    pipeline.delete(key)
    pipeline.wait(key, "deleted")
    pipeline.wait(neighbour, "completed")
    pipeline.settled()

    erased = erase(stack, key)
    assert erased.versions == 3  # two uploads and a delete marker
    pipeline.settled()

    assert pipeline.status(key) == {}
    assert pipeline.store.history(key) == []
    assert pipeline.derived(derived_prefix(key)) == []
    versions = pipeline.client("s3").list_object_versions(Bucket=stack.uploads, Prefix=key)
    assert {each["Key"] for each in versions["Versions"]} == {neighbour}
    assert pipeline.status(neighbour)["status"] == "completed"
    assert not erase(stack, key).anything
