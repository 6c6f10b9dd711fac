"""What the list of packages in pyproject.toml cannot say.

A development install puts every service's folder on the path, so that no list of services is needed. A wheel
brings the golden events, which the test kit for consumers delivers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Contents(BuildHookInterface[Any]):
    """Each service is importable under the name that it has in its Lambda function."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            folders = sorted(path for path in Path(self.root).glob("services/*") if path.is_dir())
            self.build_config.dev_mode_dirs.extend(str(path.relative_to(self.root)) for path in folders)
        elif self.target_name == "wheel":
            golden = Path(self.root) / "schemas" / "examples"
            build_data["force_include"][str(golden)] = "imagebus/testing/kit/golden"
