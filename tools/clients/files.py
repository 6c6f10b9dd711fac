"""The files of clients/: written by generators that need Node, and checked without it.

`clients/generated.json` has a digest of what they were generated from, and one of each file. So a machine
without Node can tell whether they are up to date, and as they were generated. Where Node is installed, the
check also generates them and compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.clients import texts
from tools.clients.combined import Schema, combined
from tools.contracts.files import ContractFiles, schema_texts
from tools.node import Node, Unavailable, installed

MANIFEST = "generated.json"
#: What decides the texts, besides the contracts. The lock has the versions of the generators.
WRITERS = (
    "clients/typescript/package-lock.json",
    *(
        f"tools/clients/{name}"
        for name in ("generate.mjs", "guard.ts", "dispatch.py", "plain.py", "shapes.py", "texts.py")
    ),
)
PLACES = ("go/*.go", "java/**/*.java", "typescript/src/*.ts")


@dataclass(frozen=True)
class Clients:
    """The clients of a checkout. `schemas` are the registry's, by name; `openapi` is the API's document."""

    root: Path
    schemas: Mapping[str, Schema]
    openapi: Schema

    @classmethod
    def of(cls, root: Path, openapi: str) -> Clients:
        """Raises Unreleased."""
        schemas = {name: json.loads(text) for name, text in schema_texts(ContractFiles(root)).items()}
        return cls(root, schemas, json.loads(openapi))

    @property
    def folder(self) -> Path:
        return self.root / "clients"

    @property
    def package(self) -> Path:
        """The npm package, whose lock also has the generators."""
        return self.folder / "typescript"

    def digest(self) -> str:
        """Of everything that the files follow from: contracts, API, generators."""
        api = {**self.openapi, "info": {**self.openapi["info"], "version": ""}}  # a release changes no type
        found = hashlib.sha256(json.dumps([combined(self.schemas), api]).encode())
        for name in WRITERS:
            found.update((self.root / name).read_bytes())
        return found.hexdigest()

    def out_of_date(self) -> list[Path]:
        """The manifest, if the files follow from something else now, or the files that somebody changed."""
        inputs, files = self._manifest()
        if inputs != self.digest():
            return [self.folder / MANIFEST]
        wanted = {self.folder / name: digest for name, digest in files.items()}
        changed = [path for path, digest in wanted.items() if not path.is_file() or _digest(path) != digest]
        return [*changed, *(path for path in self._present() if path not in wanted)]

    def write(self) -> list[Path]:
        """Generates the files if they are out of date; returns those that changed. Raises Unavailable."""
        if not self.out_of_date():
            return []
        made = self._generate(installed(self.package))
        superfluous = [path for path in self._present() if path not in made]
        changed = [
            path for path, text in made.items() if not path.is_file() or path.read_bytes() != text.encode()
        ]
        for path in superfluous:
            path.unlink()
        for path in changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[path].encode())
        digests = {str(path.relative_to(self.folder)): _digest(path) for path in made}
        manifest = {"about": "By `make generate`; do not edit.", "inputs": self.digest(), "files": digests}
        text = json.dumps(manifest, indent=2) + "\n"
        (self.folder / MANIFEST).write_text(text, encoding="utf-8")
        return [self.folder / MANIFEST, *changed, *superfluous]

    def regenerated(self) -> list[Path]:
        """The files that the generators write otherwise now. Raises Unavailable.

        What was compared once, and found to be the same, is not generated again.
        """
        node = installed(self.package)
        compared, same = node.packages / "compared", _digest(self.folder / MANIFEST)
        if compared.is_file() and compared.read_text("utf-8") == same:
            return []
        different = [
            path
            for path, text in self._generate(node).items()
            if not path.is_file() or path.read_bytes() != text.encode()
        ]
        if not different:
            compared.write_text(same, encoding="utf-8")
        return different

    def _generate(self, node: Node) -> dict[Path, str]:
        return {
            self.folder / name: text
            for name, text in texts.generate(node, self.schemas, self.openapi).items()
        }

    def _manifest(self) -> tuple[str, dict[str, str]]:
        """The digest of what the files follow from, and those of the files by their paths below clients/."""
        path = self.folder / MANIFEST
        if not path.is_file():
            return "", {}
        found = json.loads(path.read_text("utf-8"))
        return found["inputs"], found["files"]

    def _present(self) -> list[Path]:
        """The files that are there and say that they are generated."""
        found = (path for place in PLACES for path in self.folder.glob(place))
        return sorted(path for path in found if path.read_text("utf-8").startswith(texts.GENERATED))


def problems(clients: Clients) -> tuple[list[str], str]:
    """What is wrong, and what could not be checked here."""
    if stale := clients.out_of_date():
        named = ", ".join(str(path.relative_to(clients.root)) for path in stale[:3])
        return [f"{named} is out of date: run `make generate` (it needs Node 20 or newer for these)."], ""
    try:
        different = clients.regenerated()
    except Unavailable as reason:
        return (
            [],
            f"clients: {reason}, so their digests were checked, but they were not generated and compared",
        )
    return [
        f"{path.relative_to(clients.root)} is not what the generators write now." for path in different
    ], ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
