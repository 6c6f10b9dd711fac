"""The command of whoever runs this stack. README.md lists the permissions that it needs."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from imagebus.clock import SystemClock, parse_moment, timestamp
from webhooks.addresses import Refused, Rules, target
from webhooks.handler import TYPES
from webhooks.keys import MAX_KEYS, Keys, TooManyKeys
from webhooks.model import Delivery, Subscription
from webhooks.store import Store

CLOCK = SystemClock()
app = typer.Typer(
    help="Subscriptions of the webhooks stack, their secrets, and their deliveries.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
Id = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its id, such as sub_0a1b2c3d4e5f6a7b.")]


def main() -> None:
    """The command, which says in one sentence what AWS refuses."""
    try:
        app()
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"{error}\nREADME.md lists the permissions that each command needs.")


class Problem(typer.Exit):
    """Prints what is wrong and what to do, and ends with exit code 1."""

    def __init__(self, text: str) -> None:
        typer.echo(text, err=True)
        super().__init__(1)


@dataclass(frozen=True)
class Stack:
    store: Store
    keys: Keys
    rules: Rules

    @classmethod
    def find(cls) -> Stack:
        name = os.environ.get("WEBHOOKS_STACK", "imagebus-webhooks")
        try:
            (found,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise Problem(f"There is no stack {name}. Another name goes into WEBHOOKS_STACK.") from error
        outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
        if "SubscriptionsTableName" not in outputs:
            raise Problem(
                f"{name} is not a webhooks stack, or its deployment is incomplete. Is WEBHOOKS_STACK right?"
            )
        ports = frozenset(int(each) for each in outputs["AllowedPorts"].split(","))
        return cls(
            Store(
                boto3.client("dynamodb"),
                outputs["SubscriptionsTableName"],
                outputs["MessagesTableName"],
                outputs["DeliveriesTableName"],
                timedelta(days=int(outputs["RetentionDays"])),
            ),
            Keys(boto3.client("ssm"), outputs["SecretsPath"], CLOCK),
            Rules(ports, loopback=outputs["AllowLoopback"] == "true"),
        )

    def subscription(self, name: str) -> Subscription:
        found = self.store.subscription(name)
        if found is None:
            raise Problem(f"There is no subscription {name}. `list` shows all of them.")
        return found


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="The endpoint, beginning with https://.")],
    types: Annotated[
        str, typer.Option(help=f"Comma-separated: {', '.join(TYPES)}.", show_default="all")
    ] = "",
    prefix: Annotated[
        str, typer.Option(help="Only images whose key begins with this.", show_default="all")
    ] = "",
) -> None:
    """Subscribe an endpoint, and print its signing secret. It is shown once."""
    wanted = tuple(each.strip() for each in types.split(",") if each.strip())
    if unknown := [each for each in wanted if each not in TYPES]:
        raise Problem(f"This stack receives no {unknown[0]}. It receives: {', '.join(TYPES)}.")
    stack = Stack.find()
    try:
        target(url, stack.rules)
    except Refused as error:
        raise Problem(f"The URL is refused: {error}.") from error
    subscription = Subscription(
        f"sub_{secrets.token_hex(8)}", url, wanted, prefix, enabled_at=timestamp(CLOCK.now())
    )
    secret = stack.keys.create(subscription.id)
    stack.store.create_subscription(subscription)
    typer.echo(f"{subscription.id} subscribed. Its secret, which is not shown again:\n{secret}")


@app.command("list")
def list_all() -> None:
    """All subscriptions, one a line: id, state, types, prefix, URL."""
    for each in Stack.find().store.subscriptions():
        state = f"{each.state} ({each.reason})" if each.reason else each.state
        if each.failing_since:
            state += f", failing since {each.failing_since}"
        typer.echo("\t".join((each.id, state, ",".join(each.types) or "all", each.prefix or "all", each.url)))


@app.command()
def rotate(
    subscription: Id,
    overlap: Annotated[
        int, typer.Option(help="Hours for which the present secret signs as well.", min=0)
    ] = 24,
) -> None:
    """Make a new secret, and print it. It is shown once."""
    stack = Stack.find()
    stack.subscription(subscription)
    try:
        secret = stack.keys.rotate(subscription, timedelta(hours=overlap))
    except TooManyKeys as error:
        raise Problem(
            f"{MAX_KEYS} secrets are valid already. Wait, or end them at once: --overlap 0."
        ) from error
    typer.echo(
        f"The present secret signs for {overlap} hours more. The new one, which is not shown again:\n{secret}"
    )


@app.command()
def disable(subscription: Id) -> None:
    """Post nothing more. Its events wait, as long as they are kept."""
    stack = Stack.find()
    stack.subscription(subscription)
    stack.store.change(subscription, lambda old: old.disabled("operator"))
    typer.echo(f"{subscription} is disabled. Its events wait.")


@app.command()
def enable(subscription: Id) -> None:
    """Post again, beginning with what waits; also ends the wait of one that is failing."""
    stack = Stack.find()
    stack.subscription(subscription)
    stack.store.change(subscription, lambda old: old.enabled(CLOCK.now()))
    waiting = sum(each.state == "pending" for each in stack.store.deliveries(subscription))
    typer.echo(f"{subscription} is enabled. Deliveries to post, from the next minute on: {waiting}.")


@app.command()
def remove(subscription: Id) -> None:
    """Forget the subscription and its secrets. What was not delivered never will be."""
    stack = Stack.find()
    stack.subscription(subscription)
    # The secret first: if that fails, the subscription is still there to be removed.
    stack.keys.delete(subscription)
    stack.store.delete_subscription(subscription)
    typer.echo(f"{subscription} is removed.")


@app.command()
def log(
    subscription: Id,
    since: Annotated[str, typer.Option(help="From this time on: 2026-11-27, or RFC 3339.")] = "",
    undelivered: Annotated[bool, typer.Option("--undelivered", help="Without what was delivered.")] = False,
) -> None:
    """The delivery log: one line for each delivery, and one for each attempt."""
    stack = Stack.find()
    stack.subscription(subscription)
    for each in _since(stack, subscription, since):
        if undelivered and each.state == "delivered":
            continue
        due = f", due {each.due_at}" if each.state == "pending" else ""
        typer.echo(f"{each.created_at}  {each.webhook_id}  {each.detail_type}  {each.state}{due}")
        for attempt in each.log:
            typer.echo(f"    {_attempt(attempt)}")


@app.command()
def redeliver(
    subscription: Id,
    webhook_id: Annotated[str, typer.Argument(help="One webhook; the log has its id.")] = "",
    since: Annotated[str, typer.Option(help="All from this time on that were not delivered.")] = "",
    also_delivered: Annotated[
        bool, typer.Option("--all", help="With --since: also what was delivered.")
    ] = False,
) -> None:
    """Deliver one webhook again, or all since a time, under the same ids."""
    if bool(webhook_id) == bool(since):
        raise Problem("Name one webhook, or a time with --since.")
    stack = Stack.find()
    if stack.subscription(subscription).state == "disabled":
        raise Problem(f"{subscription} is disabled, so nothing is posted. First: enable {subscription}")
    found = (
        [stack.store.delivery(subscription, webhook_id)] if webhook_id else _since(stack, subscription, since)
    )
    if found == [None]:
        raise Problem(f"{subscription} has no webhook {webhook_id}. `log {subscription}` shows all of them.")
    delivered_too = bool(webhook_id) or also_delivered
    done = [_again(stack, each, delivered_too=delivered_too) for each in found]
    typer.echo(f"Deliveries to post, from the next minute on: {done.count('due')}.")
    if lost := done.count("not kept"):
        raise Problem(f"What they posted is older than RetentionDays, so it is no longer kept: {lost}.")


def _again(stack: Stack, delivery: Delivery | None, *, delivered_too: bool) -> str:
    """`due`, `not kept`, or empty. If an attempt ends meanwhile, which began before, it is read again."""
    while delivery and (delivered_too or delivery.state != "delivered"):
        again = delivery.again(CLOCK.now())
        if not stack.store.keep_message(again):
            return "not kept"
        if stack.store.replace_delivery(again):
            return "due"
        delivery = stack.store.delivery(delivery.subscription, delivery.webhook_id)
    return ""


def _since(stack: Stack, subscription: str, since: str) -> list[Delivery]:
    """The oldest first."""
    try:
        start = timestamp(parse_moment(since)) if since else ""
    except ValueError as error:
        raise Problem(f"{error}. Write 2026-11-27 or 2026-11-27T08:00:00Z.") from error
    found = (each for each in stack.store.deliveries(subscription) if each.created_at >= start)
    return sorted(found, key=lambda each: (each.created_at, each.webhook_id))


def _attempt(entry: Any) -> str:
    parts = [f"{entry['attempt']}.", entry["at"], str(entry.get("status") or ""), entry.get("error", "")]
    parts += [f"{entry['ms']} ms" if "ms" in entry else "", entry.get("body", "")]
    return "  ".join(part for part in parts if part)
