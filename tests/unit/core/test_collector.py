"""Python's garbage collector in a function: it waits until the imports are done, and is never off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from textwrap import dedent
from typing import Any

import pytest

from benchmarks.coldstart import EAGER, HANDLERS, OURS, SETTINGS, environment_of

LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "thumbnailer"}
STATE = """
def state():
    kept = {"on": gc.isenabled(), "threshold": gc.get_threshold()[0], "frozen": gc.get_freeze_count()}
    return {**kept, "runs": sum(each["collections"] for each in gc.get_stats())}
"""


def run(body: str, **environment: str) -> Any:
    """What `body` leaves in `found`, in a fresh process."""
    inherited = {name: value for name, value in os.environ.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    settings = {name: value for name, value in SETTINGS.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    script = f"import gc, json\n{STATE}\n{body}\nprint(json.dumps(found))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=inherited | settings | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


# A handler's first imports are these of the standard library, then comes `imagebus`.
IMPORT_AND_FIRST_CLIENT = """
import collections.abc, functools, importlib, os, typing
before = state()
importlib.import_module({module!r})
from imagebus.aws import client
imported = state()
for name in {clients!r}: client(name)
found = [before, imported, state()]
"""


@pytest.mark.parametrize(
    ("handler", "models"), [("labels", "full"), *((name, "trimmed") for name in HANDLERS)]
)
def test_no_cold_start_of_a_function_is_interrupted_by_the_collector(handler: str, models: str):
    module, clients = HANDLERS[handler]
    body = IMPORT_AND_FIRST_CLIENT.format(module=module, clients=clients)
    before, imported, ready = run(body, **LAMBDA, IMAGEBUS_MODELS=models)
    # a few until `imagebus` is imported; under Python's own setting it is a hundred
    assert imported["runs"] - before["runs"] <= 20
    assert ready["runs"] == imported["runs"]


def test_what_the_imports_made_is_kept_out_of_the_collectors_sight_from_the_first_client_on():
    body = IMPORT_AND_FIRST_CLIENT.format(module="thumbnailer.handler", clients=("s3",))
    before, imported, ready = run(body, **LAMBDA)
    assert before["frozen"] == imported["frozen"]
    assert imported["threshold"] > ready["threshold"] == 100_000
    assert ready["frozen"] > 50_000


def test_the_collector_is_on_all_the_time_also_where_no_client_is_ever_made():
    """A consumer of somebody else's may use the events alone, and the authorizer asks AWS for nothing."""
    body = """
        import imagebus.events
        found = [state()]
        for _ in range(400_000):
            cycle = []
            cycle.append(cycle)
        found.append(state())
    """
    imported, later = run(dedent(body), **LAMBDA)
    assert imported["on"]
    assert later["runs"] > imported["runs"]


def test_outside_lambda_python_keeps_its_own_setting():
    body = IMPORT_AND_FIRST_CLIENT.format(module="thumbnailer.handler", clients=("s3",))
    before, _, ready = run(body)
    # Python 3.12 starts with some hundred frozen objects of its own.
    assert (ready["on"], ready["threshold"], ready["frozen"]) == (
        True,
        before["threshold"],
        before["frozen"],
    )


def test_the_eager_handler_of_the_benchmark_has_pythons_own_setting_as_well():
    eager, ours = environment_of(EAGER), environment_of("thumbnailer")
    assert set(ours) - set(eager) == {"AWS_LAMBDA_FUNCTION_NAME", *OURS}
    assert {name: ours[name] for name in eager} == eager
