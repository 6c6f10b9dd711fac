"""A running stack for end-to-end tests: the real template, on the embedded AWS, with IAM enforced.

Or another one, which IMAGEBUS_E2E_STACK names (tests/e2e/target.py).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

import imagebus_local
from imagebus.clock import SystemClock
from imagebus.recipes.store import FRESH, DynamoDBRecipes
from imagebus_local import LocalError, LocalState, ports
from imagebus_local.places import SECOND
from tests.e2e import elsewhere
from tests.e2e.api_client import Client
from tests.e2e.decisions import Recording
from tests.e2e.harness import Pipeline, eventually
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
    second = os.environ.get(SECOND)
    if was_up := imagebus_local.status().state == "up":
        local = imagebus_local.up(say=print)
    else:
        with recording.switched_on():
            local = eventually(lambda: _started(second), within=60, what="the local AWS is up")
    try:
        yield Target.local(local)
    finally:
        if not was_up:
            _stop(second)


def _started(second: str | None) -> LocalState | None:
    """None while the other worker's local AWS starts or stops, or if another program was faster to a port."""
    port = ports.suggest(4600) if second else 4566 if ports.is_free(4566) else ports.suggest(4566)
    try:
        return imagebus_local.up(port, parameters=PARAMETERS, say=print)
    except LocalError as error:
        if error.code not in ("locked", "port_busy"):
            raise
        return None


def _stop(second: str | None) -> None:
    """This worker has run other tests since, so the variable is not set."""
    with pytest.MonkeyPatch.context() as patch:
        if second:
            patch.setenv(SECOND, second)
        eventually(_stopped, within=60, what="the local AWS is down")


def _stopped() -> bool:
    try:
        imagebus_local.down(say=print)
    except LocalError as error:
        if error.code != "locked":
            raise
        return False
    return True


@pytest.fixture(scope="session")
def pipeline(target: Target) -> Iterator[Pipeline]:
    pipeline = Pipeline(target)
    with pipeline.listening():
        yield pipeline


@pytest.fixture(scope="session")
def client(pipeline: Pipeline) -> Client:
    return Client(pipeline)


@pytest.fixture
def recipes(pipeline: Pipeline) -> Iterator[DynamoDBRecipes]:
    """Nothing is promoted afterwards, as before, and no function remembers that anything was."""
    dynamodb, table = pipeline.client("dynamodb"), pipeline.outputs["RecipesTableName"]
    yield DynamoDBRecipes(dynamodb, table, SystemClock())
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "active"}})
    time.sleep(FRESH)
