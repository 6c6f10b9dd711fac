"""What libraries work out again and again in tests, worked out once. Nothing else about them changes."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.hooks
import botocore.httpsession
import botocore.regions
import botocore.session
import typer.main
import typer.testing
from botocore.endpoint_provider import EndpointProvider
from moto.core.serialize import AttributePicker, AttributePickerContext


def take() -> None:
    # Every boto3 session has a loader of its own, which parses the models of its services again: most of the
    # time that a client takes.
    botocore.session.create_loader = cache(botocore.session.create_loader)
    # And it renames the events of a hundred hooks, always in the same way: most of what is left.
    renamed = cache(botocore.hooks.EventAliaser(None)._alias_event_name)
    botocore.hooks.EventAliaser._alias_event_name = lambda _, event: renamed(event)
    # It inspects the signature of every handler, and again for every client.
    accepts_kwargs = cache(botocore.hooks.accepts_kwargs)
    botocore.hooks.accepts_kwargs = lambda handler: accepts_kwargs(getattr(handler, "__func__", handler))
    # It reads the rules of a service's endpoints, and the certificates of the machine, for every client.
    botocore.regions.EndpointProvider = _Endpoints()
    botocore.httpsession.create_urllib3_context = cache(botocore.httpsession.create_urllib3_context)
    # A command's tree of sixty parameters is made from type hints, and again for every run in a test.
    typer.main.get_command = typer.testing._get_command = cache(typer.main.get_command)
    _values_of_dynamodb()


class _Endpoints:
    """Makes one EndpointProvider for each set of rules. The loader above gives every client the same set."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, frozenset[str]], tuple[Any, EndpointProvider]] = {}

    def __call__(
        self, ruleset_data: Any, partition_data: Any, excluded_params: Any = None
    ) -> EndpointProvider:
        key = (id(ruleset_data), frozenset(excluded_params or ()))
        if key not in self._made:  # which keeps the rules, so that no others get their id
            made = EndpointProvider(ruleset_data, partition_data, excluded_params)
            self._made[key] = (ruleset_data, made)
        return self._made[key][1]


def _values_of_dynamodb() -> None:
    """moto looks for each of the ten members of a value under five names, and nine are never there."""
    pick = AttributePicker.__call__

    def picked(self: AttributePicker, context: AttributePickerContext) -> Any:
        parent = getattr(context.shape, "parent", None)
        if parent is not None and parent.name == "AttributeValue" and type(context.obj) is dict:
            return context.obj.get(context.key)
        return pick(self, context)

    AttributePicker.__call__ = picked  # type: ignore[method-assign]
