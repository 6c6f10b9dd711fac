"""A development install puts every service's folder on the path, so that no list of services is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Services(BuildHookInterface[Any]):
    """Makes each service importable under the name that it has in its Lambda function."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling calls it so
        if version == "editable":
            folders = sorted(path for path in Path(self.root).glob("services/*") if path.is_dir())
            self.build_config.dev_mode_dirs.extend(str(path.relative_to(self.root)) for path in folders)
