"""A consumer's folder: what is in it, and how the SAM CLI builds and deploys it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from imagebus.events.catalog import BY_DETAIL_TYPE
from imagebus_cli.consumers.pipeline import BUS
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.find import Outputs
from imagebus_local import sam, templates
from imagebus_local.errors import LocalError

#: The oldest Node.js that the packages of a new consumer support.
NODE = 20


@dataclass(frozen=True)
class Folder:
    """`settings` is its samconfig.toml."""

    path: Path
    template: Mapping[str, Any]
    settings: Mapping[str, Any]

    @classmethod
    def at(cls, path: Path) -> Folder:
        """Raises Problem if there is no consumer."""
        template, settings = path / "template.yml", path / "samconfig.toml"
        for each in (template, settings):
            if not each.is_file():
                raise Problem(
                    f"{each} does not exist.",
                    "Name the folder of a consumer; imagebus new-consumer creates one.",
                    exit_code=2,
                )
        try:
            return cls(path, templates.read(template), tomllib.loads(settings.read_text(encoding="utf-8")))
        except (ValueError, yaml.YAMLError) as error:
            raise Problem(f"{path} is not a consumer: {error}", exit_code=2) from error

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def stack(self) -> str:
        """The name of its own stack. Raises Problem."""
        name = self._setting("global", "stack_name") or self._setting("deploy", "stack_name")
        if not name:
            raise Problem(f"{self.path / 'samconfig.toml'} names no stack.", "Set stack_name.", exit_code=2)
        return str(name)

    @property
    def declared(self) -> frozenset[str]:
        """The parameters of its template."""
        return frozenset(self.template.get("Parameters", {}))

    @property
    def given(self) -> dict[str, str]:
        """The parameters that its samconfig.toml sets."""
        set_there = self._setting("deploy", "parameter_overrides") or []
        pairs = shlex.split(set_there) if isinstance(set_there, str) else set_there
        return dict(str(pair).partition("=")[::2] for pair in pairs)

    @property
    def listens_to(self) -> frozenset[str]:
        """The events that its rule names; all of them if it names none."""
        resources = self.template.get("Resources", {})
        shape = resources.get("Consumer", {}).get("Properties", {}).get("Parameters", {})
        named = shape.get("DetailTypes")
        return frozenset(named.split(",") if named else BY_DETAIL_TYPE)

    def _setting(self, command: str, name: str) -> Any:
        return self.settings.get("default", {}).get(command, {}).get("parameters", {}).get(name)

    @property
    def _node(self) -> bool:
        return (self.path / "package.json").is_file()

    @property
    def _built(self) -> bool:
        """Whether there is anything to build before it is deployed."""
        return self._node or (self.path / "src" / "requirements.txt").is_file()

    def build(self, parameters: Mapping[str, str], environment: Mapping[str, str]) -> None:
        """`sam build`, if there is anything to build. Raises Problem or LocalError."""
        if self._node:
            _require_node(environment)
        if self._built:
            self._sam("build", parameters, environment)

    def deploy(
        self, parameters: Mapping[str, str], environment: Mapping[str, str], stack: str | None = None
    ) -> None:
        """`sam deploy`, with these parameters and those of its samconfig.toml. Raises LocalError.

        `stack` is another name than that of its samconfig.toml. What is not built is named: SAM would deploy
        what an earlier `sam build` of the user's left.
        """
        what = [] if self._built else ["--template-file", "template.yml"]
        named = ["--stack-name", stack, "--s3-prefix", stack] if stack else []
        self._sam("deploy", parameters, environment, *what, *named)

    def outputs(self, stack: Stack) -> Mapping[str, str]:
        """The outputs of its own stack, beside the pipeline's. Raises ClientError if it is not deployed."""
        described = self._described(stack)
        return Outputs({each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])})

    def check_pipeline(self, stack: Stack, bus: str) -> None:
        """Raises Problem if it is deployed for another pipeline, whose events it would no longer get."""
        try:
            described = self._described(stack)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            return  # not deployed
        given = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
        if (other := given.get(BUS, bus)) != bus:
            raise Problem(
                f"{self.stack} is deployed, and listens to {other}. It would listen to {bus} instead.",
                f"Name its pipeline with --stack {other}, or another stack_name in samconfig.toml.",
                exit_code=2,
            )

    def _described(self, stack: Stack) -> Mapping[str, Any]:
        cloudformation = stack.session.client("cloudformation", endpoint_url=stack.endpoint)
        described: Mapping[str, Any] = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        return described

    def _sam(
        self, command: str, parameters: Mapping[str, str], environment: Mapping[str, str], *options: str
    ) -> None:
        decided = {name: value for name, value in parameters.items() if name in self.declared}
        overrides = [f'{name}="{value}"' for name, value in {**self.given, **decided}.items()]
        done = sam.run([command, *options, "--parameter-overrides", *overrides], environment, self.path)
        if done.returncode:
            raise LocalError(
                f"{command}_failed",
                f"sam {command} failed in {self.path}.",
                "Its last output is above.",
                sam.tail(done.stdout),
            )


def _require_node(environment: Mapping[str, str]) -> None:
    """Raises Problem."""
    advice = f"Install Node.js {NODE} or newer, with npm: https://nodejs.org/en/download"
    path = environment.get("PATH")
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        raise Problem("This consumer is built with Node.js and npm, which are not on the PATH.", advice)
    asked = subprocess.run([node, "--version"], check=False, env=dict(environment), capture_output=True)
    version = asked.stdout.decode().strip().removeprefix("v")
    if not version or int(version.split(".")[0]) < NODE:
        raise Problem(f"This consumer needs Node.js {NODE}, and {node} is {version or 'broken'}.", advice)
