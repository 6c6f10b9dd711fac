"""Checkov on what CloudFormation will see, each exception with its reason: `python -m tools.security.lint`.

Checkov's rules do not know Serverless resources, so it gets the translated template. It has an environment
of its own (.checks, made by `make check` from security/checks.lock), because it pins half of what we use.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools import ROOT
from tools.security.translate import translated

EXCEPTIONS = ROOT / "security" / "checkov.yml"


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


def main() -> int:
    exceptions = yaml.safe_load(EXCEPTIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "translated.json"
        plain.write_text(json.dumps(translated(ROOT / "template.yml")), encoding="utf-8")
        found = findings(ROOT / ".checks" / "bin" / "checkov", [plain])
    wrong = verdict(found, exceptions)
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(
        f"checkov: {len(found)} findings, {len(exceptions)} rules excepted, {len(wrong)} wrong\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
