"""Where the local AWS keeps its files inside a checkout."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from imagebus_local.errors import LocalError

#: A second local AWS in the same checkout has a folder of its own inside `.imagebus`, named by this variable.
SECOND = "IMAGEBUS_LOCAL"


@dataclass(frozen=True)
class Places:
    """Paths inside one checkout; everything that is written is under `.imagebus/`."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Places:
        """The checkout that contains `start` (default: the working directory), else this package's own.

        Raises LocalError `no_project` if there is none, as in an installation from a wheel.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents, *Path(__file__).resolve().parents):
            if (folder / "template.yml").is_file() and (folder / "services").is_dir():
                return cls(folder)
        raise LocalError(
            "no_project",
            f"There is no imagebus checkout at or above {here}.",
            "Run this inside a checkout of the project, the folder with template.yml.",
        )

    @property
    def template(self) -> Path:
        return self.root / "template.yml"

    @property
    def shared(self) -> Path:
        """What every local AWS of this checkout uses."""
        return self.root / ".imagebus"

    @property
    def home(self) -> Path:
        return self.shared / os.environ.get(SECOND, "")

    @property
    def build(self) -> Path:
        return self.shared / "build"

    @property
    def layer_sources(self) -> list[Path]:
        """The folders that become layers: those in layers/, and the web page."""
        found = [*self.root.glob("layers/*/requirements.txt"), *self.root.glob("web/requirements.txt")]
        return sorted(each.parent for each in found)

    def layer(self, source: Path) -> Path:
        """The folder in which the layer from `source` is built."""
        return self.build / "layers" / source.name

    @property
    def run(self) -> Path:
        """Temporary files of the running emulator; removed with it."""
        return self.home / "run"

    @property
    def state(self) -> Path:
        return self.home / "local.json"

    @property
    def process(self) -> Path:
        return self.home / "emulator.json"

    @property
    def log(self) -> Path:
        return self.home / "emulator.log"

    @property
    def lock(self) -> Path:
        """Held while one is started or stopped, because all share the build."""
        return self.shared / "lock"
