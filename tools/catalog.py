"""`make catalog`: the events as one page, with AsyncAPI's own viewer (docs/adr/0033).

The page is complete: it needs no server and no network, so it can be published as it is.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@asyncapi/react-component@3.2.1"
#: Of the package in the public npm registry. Its bundle has everything in it, so nothing else is downloaded.
INTEGRITY = "sha512-k5ZqJd6+oxYaQ2o6F3rGWJ1MTIjXdpsUYB3NKQbVqr4yzrN0Ovj5c7eZx8NGd3wfKPhbOrLREtYl9K2OPfnSsA=="
#: What is taken from the package, and its name beside the page.
FILES = {
    "package/browser/standalone/index.js": "asyncapi.js",
    "package/browser/standalone/index.js.LICENSE.txt": "asyncapi.js.LICENSE.txt",
    "package/styles/default.min.css": "asyncapi.css",
}
#: The page may load what lies beside it, and nothing from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src data:"
)


class NotBuilt(Exception):
    """The message says what is missing and what to do."""


def build(root: Path, folder: Path) -> Path:
    """Writes the page and what it needs into the folder. Returns the page. Raises NotBuilt."""
    with tempfile.TemporaryDirectory() as temporary:
        package = _download(Path(temporary))
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(package) as archive:
            for member, name in FILES.items():
                found = archive.extractfile(member)
                if found is None:
                    raise NotBuilt(f"{PACKAGE} has no {member}.")
                (folder / name).write_bytes(found.read())
    made = folder / "index.html"
    made.write_text(page((root / "schemas" / "asyncapi.yml").read_text(encoding="utf-8")), encoding="utf-8")
    return made


def page(document: str) -> str:
    """The HTML that shows an AsyncAPI document."""
    settings = {"schema": document, "config": {"show": {"sidebar": True, "errors": True}}}
    # Inside a script only `<` can end it or begin a comment.
    text = json.dumps(settings).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Events of imagebus</title>
<link rel="stylesheet" href="asyncapi.css">
<style>body {{ margin: 0 }}</style>
<div id="events"></div>
<script src="asyncapi.js"></script>
<script>AsyncApiStandalone.render({text}, document.getElementById("events"))</script>
</html>
"""


def _download(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise NotBuilt("npm is not on the PATH. Install Node 20 or later (on Debian: apt-get install npm).")
    done = subprocess.run(
        [npm, "pack", PACKAGE, "--ignore-scripts", "--silent"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    packages = list(folder.glob("*.tgz"))
    if done.returncode or len(packages) != 1:
        raise NotBuilt(f"npm could not download {PACKAGE}: {done.stderr.strip() or 'no reason given'}")
    digest = base64.b64encode(hashlib.sha512(packages[0].read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise NotBuilt(f"npm delivered another {PACKAGE} than the one that tools/catalog.py names.")
    return packages[0]
