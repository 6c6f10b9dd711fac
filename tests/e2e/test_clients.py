"""The typed TypeScript client, compiled and used against the running stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.e2e.harness import Pipeline, jpeg
from tests.node import TYPESCRIPT, node_with

PROGRAM = Path(__file__).parent / "clients" / "program.ts"


def test_a_typescript_program_uploads_an_image_and_reads_all_about_it(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    node = node_with(TYPESCRIPT)
    for source in (PROGRAM, *(TYPESCRIPT / "src").glob("*.ts")):
        shutil.copy(source, tmp_path)
    options = json.loads((TYPESCRIPT / "tsconfig.json").read_text("utf-8"))["compilerOptions"]
    options |= {"rootDir": ".", "outDir": "out", "types": ["node"], "skipLibCheck": True}
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}), "utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', "utf-8")
    node.compile(tmp_path)
    image = tmp_path / "image.jpg"
    image.write_bytes(jpeg("teal"))
    target = pipeline.target
    done = subprocess.run(
        [node.program, tmp_path / "out" / "program.js", image, pipeline.key("none here.jpg")],
        env={**os.environ, "IMAGEBUS_API_URL": target.api_url, "IMAGEBUS_API_KEY": target.api_key},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["status"], found["missing"], found["listed"]) == ("completed", "image_not_found", True)
    assert found["bytes"] == image.stat().st_size
    assert found["milliseconds"] > 0
    assert found["thumbhash"]
    assert found["colors"] > 0
    assert "image/jpeg" in found["formats"]
    assert {"ImageUploaded", "ThumbnailsCreated", "ImageProcessed"} <= set(found["events"])
    assert found["ticket"].endswith("/later.png")
    assert found["deleted"].endswith("/a-b-u.jpg")
