"""`python -m webhooks`, over the tables in memory."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from typer.testing import CliRunner, Result
from webhooks import command
from webhooks.addresses import Rules
from webhooks.model import Delivery, Outcome
from webhooks.store import Store
from worlds import World

URL = "https://hooks.example/token"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    stack = command.Stack(world.store, world.keys, Rules())
    monkeypatch.setattr(command.Stack, "find", lambda: stack)
    monkeypatch.setattr(command, "CLOCK", world.clock)
    return world


def run(*arguments: str, fails: bool = False) -> Result:
    result = CliRunner().invoke(command.app, arguments)
    assert result.exit_code == (1 if fails else 0), result.output
    return result


def added(*options: str) -> tuple[str, str]:
    """The subscription's id and its secret."""
    output = run("add", URL, *options).output
    found = re.fullmatch(r"(sub_[0-9a-f]{16}) subscribed\..*\n(whsec_\S+)\n", output)
    assert found, output
    return found[1], found[2]


def test_a_secret_is_shown_when_it_is_made_and_never_again(world: World) -> None:
    name, secret = added("--types", "ImageProcessed, ImageRejected", "--prefix", "holiday/")
    listed = run("list").output
    assert listed == f"{name}\tenabled\tImageProcessed,ImageRejected\tholiday/\t{URL}\n"
    world.publish(image_key="holiday/a.jpg")
    shown = listed + run("log", name).output + run("disable", name).output + run("enable", name).output
    assert "ImageProcessed  pending" in shown
    assert secret not in shown
    assert secret not in str(world.dynamodb.tables)
    assert world.keys.of(name) == [secret]


def test_a_rotation_shows_the_new_secret_and_both_sign(world: World) -> None:
    name, secret = added()
    output = run("rotate", name, "--overlap", "2").output
    new = output.splitlines()[-1]
    assert new.startswith("whsec_")
    assert world.keys.of(name) == [new, secret]
    run("rotate", name)
    assert "--overlap 0" in run("rotate", name, fails=True).output
    run("rotate", name, "--overlap", "0")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "http://hooks.example/"], "https://"),
        (["add", "https://hooks.example:8443/"], "AllowedPorts: 443"),
        (["add", URL, "--types", "ImageProcesed"], "receives no ImageProcesed"),
        (["log", "sub_0"], "There is no subscription sub_0"),
        (["rotate", "sub_0"], "There is no subscription sub_0"),
        (["redeliver", "sub_0", "x"], "There is no subscription sub_0"),
        (["redeliver", "sub_0"], "Name one webhook, or a time"),
    ],
)
@pytest.mark.usefixtures("world")
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    arguments: list[str], said: str, world: World
) -> None:
    assert said in run(*arguments, fails=True).output
    assert (world.store.subscriptions(), world.ssm.versions) == ([], {})


def test_one_webhook_or_all_that_failed_since_a_time_are_delivered_again(world: World) -> None:
    name, _ = added()
    ids = [f"{each:08x}-0000-5000-8000-000000000000" for each in range(3)]
    for webhook_id, outcome in zip(ids, (204, 500, 204), strict=True):
        world.publish(event_id=webhook_id)
        delivery = world.store.delivery(name, webhook_id)
        assert delivery is not None
        claimed = delivery.claimed(world.clock.now())
        done = claimed.recorded(
            Outcome(outcome, 12, body="no" * (outcome == 500)), world.clock.now(), lambda: 0
        )
        world.store.replace_delivery(done)
        world.clock.sleep(3600)
    log = run("log", name).output
    assert "204  12 ms" in log
    assert "500  12 ms  no" in log
    assert run("log", name, "--undelivered").output.count("ImageProcessed") == 1
    assert run("redeliver", name, ids[0]).output.endswith(": 1.\n")
    assert run("redeliver", name, "--since", "2026-01-02").output.endswith(": 2.\n")
    assert run("redeliver", name, "--since", "2026-01-02T04:30:00Z").output.endswith(": 0.\n")
    assert run("redeliver", name, "--since", "2026-01-02T04:30:00Z", "--all").output.endswith(": 1.\n")
    states = [each.state for each in world.store.deliveries(name)]
    assert states == ["pending", "pending", "pending"]
    assert "has no webhook nothing" in run("redeliver", name, "nothing", fails=True).output
    assert "2026-11-27T08:00:00Z" in run("redeliver", name, "--since", "noon", fails=True).output
    run("disable", name)
    assert f"enable {name}" in run("redeliver", name, ids[0], fails=True).output


@pytest.mark.parametrize(("state", "count"), [("failed", 1), ("delivered", 0)])
def test_an_attempt_that_ends_meanwhile_does_not_stand_for_the_one_that_was_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch, state: Literal["failed", "delivered"], count: int
) -> None:
    """It began before. What was delivered by it need not be delivered again, unless its id was named."""
    name, _ = added()
    webhook_id = world.publish()
    deliveries = Store.deliveries

    def read(store: Store, subscription: str) -> Iterator[Delivery]:
        for each in deliveries(store, subscription):
            yield each
            store.replace_delivery(replace(each, state=state))

    monkeypatch.setattr(Store, "deliveries", lambda *given: iter(list(read(*given))))
    assert run("redeliver", name, "--since", "2026-01-01").output.endswith(f": {count}.\n")
    found = world.store.delivery(name, webhook_id)
    assert found is not None
    assert found.state == ("pending" if count else "delivered")


def test_a_subscription_that_is_removed_leaves_no_secret(world: World) -> None:
    name, _ = added()
    run("remove", name)
    assert (world.store.subscriptions(), world.ssm.versions) == ([], {})


def test_a_removal_that_was_interrupted_can_be_repeated(world: World) -> None:
    name, _ = added()
    world.keys.delete(name)
    run("remove", name)
    assert world.store.subscriptions() == []


def aws_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "it says why"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (aws_error("ValidationError"), "There is no stack imagebus-webhooks."),
        (aws_error("AccessDenied"), "(AccessDenied) when calling the DescribeStacks operation: it says why"),
        (NoCredentialsError(), "Unable to locate credentials"),
        ({"Stacks": [{"Outputs": []}]}, "imagebus-webhooks is not a webhooks stack"),
    ],
)
def test_what_aws_refuses_is_said_without_a_traceback(
    found: Any, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def describe_stacks(**_request: str) -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr("boto3.client", lambda _: SimpleNamespace(describe_stacks=describe_stacks))
    monkeypatch.setattr(sys, "argv", ["webhooks", "list"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert said in f"{ended.value.code}{capsys.readouterr().err}"
    assert ended.value.code != 0


def test_what_is_not_kept_any_more_cannot_be_delivered_again(world: World) -> None:
    name, _ = added()
    world.publish()
    lost = world.publish("ImageRejected")
    world.dynamodb.delete_item(TableName="messages", Key={"webhook_id": {"S": lost}})
    output = run("redeliver", name, "--since", "2000-01-01", fails=True).output
    assert "next minute on: 1." in output
    assert "no longer kept: 1." in output
    untouched = world.store.delivery(name, lost)
    assert untouched
    assert untouched.version == 1
