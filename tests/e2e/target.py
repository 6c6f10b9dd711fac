"""The stack under test: one on the embedded AWS, or the one that IMAGEBUS_E2E_STACK names.

Region, credentials and endpoint of the latter come from the variables that every AWS tool reads, such as
AWS_REGION, AWS_PROFILE and, for an emulator, AWS_ENDPOINT_URL. See docs/first-deployment.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

import imagebus_local
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.find import session_of
from imagebus_local.stack import local_api_url
from imagebus_local.state import LocalState


@dataclass(frozen=True)
class Target:
    """`embedded`: on the embedded AWS of this checkout. `endpoint` is None on AWS."""

    stack: str
    region: str
    endpoint: str | None
    outputs: Mapping[str, str]
    api_url: str
    api_key: str = field(repr=False)
    embedded: bool = True

    @classmethod
    def local(cls, local: LocalState) -> Target:
        return cls(
            local.stack, local.region, local.endpoint, local.outputs, local.api_url or "", local.api_key or ""
        )

    @classmethod
    def named(cls, stack: str) -> Target:
        """Raises what boto3 raises."""
        session, endpoint = session_of(None, None), os.environ.get("AWS_ENDPOINT_URL") or None
        (described,) = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        url = outputs["ApiUrl"]
        key = session.client("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
        return cls(
            stack=stack,
            region=session.region_name,
            endpoint=endpoint,
            outputs=outputs,
            api_url=local_api_url(url, endpoint) if endpoint else url,
            api_key=key,
            embedded=False,
        )

    @property
    def options(self) -> tuple[str, ...]:
        """What the imagebus command needs to work on this stack."""
        return () if self.embedded else ("--stack", self.stack)

    @property
    def environment(self) -> dict[str, str]:
        """For the AWS CLI and the SAM CLI, without AWS settings of another stack."""
        if not self.embedded:
            return dict(os.environ)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return kept | imagebus_local.env()

    @property
    def deployed(self) -> Stack:
        """The stack as the imagebus command knows it."""
        outputs = {**self.outputs, "ApiUrl": self.api_url}
        return Stack(boto3.Session(region_name=self.region), outputs, self.endpoint)

    def client(self, service: str) -> Any:
        """A new client, with the credentials of the environment (tests/conftest.py)."""
        session: Any = boto3.Session(region_name=self.region)
        if not self.endpoint:
            return session.client(service)
        path = Config(s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=self.endpoint, config=path)
