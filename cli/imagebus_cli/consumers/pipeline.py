"""What a consumer's template and the SAM CLI have to know about the pipeline."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from imagebus_cli.command import Target
from imagebus_cli.consumers.language import Language
from imagebus_cli.stack.deployed import Stack

#: The parameters of a consumer's template that say which pipeline it belongs to.
BUS, LAYER = "EventBusName", "CoreLayer"
#: The pipeline's stack, unless another one is named.
STACK = "imagebus"


def defaults(language: Language) -> dict[str, str]:
    """The parameters for the stack `imagebus`."""
    return {BUS: STACK} | ({LAYER: _layer(STACK)} if language.on_layer else {})


def parameters(stack: Stack, *, layer: bool) -> dict[str, str]:
    """The parameters for this stack. With `layer`, also its layer, and what that was built for.

    Raises ClientError if the stack has no layer, or the credentials may not read it.
    """
    bus = stack.outputs[BUS]
    if not layer:
        return {BUS: bus}
    ssm = stack.session.client("ssm", endpoint_url=stack.endpoint)
    arn = ssm.get_parameter(Name=_layer(bus))["Parameter"]["Value"]
    built = stack.session.client("lambda", endpoint_url=stack.endpoint).get_layer_version_by_arn(Arn=arn)
    return {
        BUS: bus,
        LAYER: _layer(bus),
        "Runtime": built["CompatibleRuntimes"][0],
        "Architecture": built["CompatibleArchitectures"][0],
    }


def _layer(stack: str) -> str:
    """The SSM parameter with the ARN of a stack's layer."""
    return f"/{stack}/core-layer"


def environment(target: Target, stack: Stack) -> dict[str, str]:
    """Points the SAM CLI at the AWS where `stack` is.

    There, access keys would take precedence over a profile.
    """
    from imagebus_local import emulator

    if stack.endpoint is not None:
        local = emulator.client_environment(urlsplit(stack.endpoint).port or 0)
        # The default of 5 seconds spares AWS.
        return emulator.clean_environment() | local | {"SAM_CLI_POLL_DELAY": "0.2"}
    found = dict(os.environ)
    if target.profile:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            found.pop(name, None)
        found["AWS_PROFILE"] = target.profile
    if region := stack.session.region_name:
        found |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return found
