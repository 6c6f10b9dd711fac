"""One running stack for all end-to-end tests: the real template, on the embedded AWS, with IAM enforced.

Or another one, which IMAGEBUS_E2E_STACK names (tests/e2e/target.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import imagebus_local
from imagebus_local import ports
from tests.e2e import elsewhere
from tests.e2e.decisions import Recording
from tests.e2e.harness import Pipeline
from tests.e2e.target import Target

#: Retries after 2 and 4 seconds, not 2, 4, 8 and 16: stages give up in the same way, but sooner.
#: All features, so that each of Rekognition's calls is made, and needs its permission.
PARAMETERS = {"MaxReceiveCount": "3", "AnalysisFeatures": "labels,faces,moderation"}


@pytest.fixture(scope="session")
def recording() -> Recording:
    """IAM's decisions while the tests run; empty if the stack was already up."""
    return Recording.of_this_checkout()


@pytest.fixture(scope="session")
def target(recording: Recording) -> Iterator[Target]:
    """Uses a running stack and leaves it up; otherwise starts one and takes it down."""
    if stack := elsewhere():
        yield Target.named(stack)
        return
    was_up = imagebus_local.status().state == "up"
    port = None if was_up or ports.is_free(4566) else ports.suggest(4566)
    if was_up:
        local = imagebus_local.up(port, say=print)
    else:
        with recording.switched_on():
            local = imagebus_local.up(port, parameters=PARAMETERS, say=print)
    try:
        yield Target.local(local)
    finally:
        if not was_up:
            imagebus_local.down(say=print)


@pytest.fixture(scope="session")
def pipeline(target: Target) -> Iterator[Pipeline]:
    pipeline = Pipeline(target)
    with pipeline.listening():
        yield pipeline
