"""Run checkov on what CloudFormation will see. Each exception needs a reason.

Checkov's rules do not know Serverless resources, so it gets the translated template. It has its own
environment (.checks, which `make check` creates from security/checks.lock), because it pins half of our
dependencies.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.security.translate import translated


@dataclass(frozen=True, order=True)
class Finding:
    rule: str
    resource: str
    says: str


def findings(checkov: Path, templates: Sequence[Path]) -> list[Finding]:
    """What checkov finds in the templates. Raises RuntimeError when it could not read one of them."""
    command = [str(checkov), "--framework", "cloudformation", "--output", "json", "--quiet", "--compact"]
    command += ["--skip-download", *(part for template in templates for part in ("--file", str(template)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    if "results" not in report or report["summary"]["parsing_errors"]:
        raise RuntimeError(f"checkov could not read a template: {done.stderr[-500:]}")
    found = [
        Finding(each["check_id"], each["resource"], each["check_name"])
        for each in report["results"]["failed_checks"]
    ]
    return sorted(found)


def verdict(found: Sequence[Finding], exceptions: dict[str, str]) -> list[str]:
    """What is wrong, in words: findings without an exception, and exceptions without a finding."""
    rules = {each.rule for each in found}
    return [
        *(f"{each.rule} {each.resource}: {each.says}" for each in found if each.rule not in exceptions),
        *(f"{rule} is excepted, but nothing breaks it any more" for rule in exceptions if rule not in rules),
        *(f"{rule} is excepted without a reason" for rule, reason in exceptions.items() if not reason),
    ]


def problems(root: Path) -> list[str]:
    """What is wrong with the template, in words. Nested stacks are part of it."""
    checkov = root / ".checks" / "bin" / "checkov"
    if not checkov.exists():
        return ["checkov is not installed: run `make check`"]
    exceptions = yaml.safe_load((root / "security" / "checkov.yml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "translated.json"
        plain.write_text(json.dumps(translated(root / "template.yml")), encoding="utf-8")
        return verdict(findings(checkov, [plain]), exceptions)
