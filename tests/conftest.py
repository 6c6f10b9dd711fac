"""Settings for every kind of test."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from imagebus_local.places import SECOND
from tests import shortcuts
from tests.e2e import VARIABLE, elsewhere

# Hardly anything becomes garbage while tests are collected, and looking for it takes a quarter of the time.
gc.disable()

# A shell starts what runs in the background with Ctrl-C ignored, and every process below inherits that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test may reach a real account by accident, so these are set before any client is created. Only the
# end-to-end tests of a stack that is named use the credentials of the environment.
if not elsewhere():
    os.environ.update(
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        os.environ.pop(name, None)
# As in an activated shell: advice then names the command without its path.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
os.environ.update(
    POWERTOOLS_TRACE_DISABLED="true",
    POWERTOOLS_METRICS_NAMESPACE="imagebus",
    POWERTOOLS_SERVICE_NAME="test",
)


# A busy machine is slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

shortcuts.take()


#: Where there are several workers, these have a stack of their own. Most make hundreds of images, and some
#: replays send everything in the archive, so where there is one worker they come last.
SECOND_STACK = tuple(
    f"tests/e2e/{name}"
    for name in (
        "browser/", "test_api.py", "test_consumers.py", "test_examples.py", "test_forms.py",
        "test_layers.py", "test_new_consumer.py", "test_pipeline.py", "test_upload.py", "test_variants.py",
    )
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests have one stack and take longest, so they start first, and the slow ones next."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
    if stack := elsewhere():
        _limit(items, stack)
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if "e2e" in item.keywords:
        return int(item.nodeid.startswith(SECOND_STACK))
    if "page" in item.path.parts:
        return 2  # one browser, which mostly waits
    if "imaging" in item.path.parts:
        return 3  # a fork copies the tables of the worker's memory, which grows with every test
    return 4 if "slow" in item.keywords else 5


def pytest_collection_finish() -> None:
    """The tests stay until the end, so the garbage collector need not go through them again and again.

    What they leave is little, so it may wait: the default looks after every 700 objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Two workers have end-to-end tests, each with its own local AWS. Those that compute yield to them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    os.environ.pop(SECOND, None)
    if item.nodeid.startswith(SECOND_STACK):
        os.environ[SECOND] = "second"
    elif "e2e" not in item.keywords:
        os.nice(max(0, 5 - os.nice(0)))


def _limit(items: list[pytest.Item], stack: str) -> None:
    """Skips what would reach an account by accident, and what only the embedded AWS allows."""
    for item in items:
        embedded = item.get_closest_marker("embedded")
        if "e2e" not in item.keywords:
            item.add_marker(pytest.mark.skip(reason=f"{VARIABLE} is set: end-to-end tests only"))
        elif embedded:
            item.add_marker(pytest.mark.skip(reason=f"not on the stack {stack}: {embedded.args[0]}"))


class Groups(LoadScopeScheduling):
    """Sends each test to a worker that is free, but those that share something slow to the same worker."""

    #: A stack, a browser, compiled types, mypy's cache, the parser, a wheel, a checkout, ten thousand images:
    #: made once, in seconds.
    TOGETHER = (
        SECOND_STACK,
        "tests/e2e/",
        "tests/integration/page/",
        "tests/integration/clients/test_typescript.py::",
        "tests/integration/test_scaffold.py::",
        "tests/integration/test_asyncapi.py::",
        "tests/integration/test_new_stage.py::",
        "tests/integration/test_wheel.py::",
        "tests/integration/api/test_many.py::",
        "tests/integration/imaging/test_hostile.py::",
        "tests/integration/test_samples.py::",
    )

    #: Thousands of short ones are sent file by file, which takes fewer messages.
    BY_FILE = ("tests/unit/", "tests/contract/", "tests/aws_rules/", "tests/security/")

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(self.BY_FILE):
            return nodeid.partition("::")[0]
        return next((str(group) for group in self.TOGETHER if nodeid.startswith(group)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)
