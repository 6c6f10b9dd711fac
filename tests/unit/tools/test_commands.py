"""`python -m tools`: checks report what is wrong and fail, and everything else stays quiet."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import tools.__main__ as entry
from imagebus_local import templates
from tools import ROOT
from tools.clients.files import Clients
from tools.contracts.files import Unreleased
from tools.release import assets

CHECKS = {
    "gate": "contracts",
    "audit": "locked packages",
    "lint": "checkov",
    "regions": "regions",
}


#: Checks that are not one call of a module's `problems`.
OTHERS = ("generated files", "clients")


def all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "out_of_date", lambda _: [])
    monkeypatch.setattr(entry, "clients", lambda _: None)
    monkeypatch.setattr(entry, "problems", lambda _: ([], ""))
    for module in CHECKS:
        monkeypatch.setattr(getattr(entry, module), "problems", lambda *_: [])


def test_the_check_runs_every_check_and_fails_if_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    all_is_well(monkeypatch)
    done = CliRunner().invoke(entry.app, ["check"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == sorted(f"✓ {name}" for name in (*CHECKS.values(), *OTHERS))


@pytest.mark.parametrize("module", CHECKS)
def test_a_failed_check_is_reported_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    all_is_well(monkeypatch)
    monkeypatch.setattr(getattr(entry, module), "problems", lambda *_: ["it broke"])
    done = CliRunner().invoke(entry.app, ["check"])
    assert (done.exit_code, done.stderr) == (1, f"✗ {CHECKS[module]}: it broke\n")
    assert done.stdout.count("✓") == len(CHECKS) - 1 + len(OTHERS)


def test_a_file_that_is_out_of_date_fails_the_check_and_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entry, "out_of_date", lambda _: [ROOT / "docs" / "events.md"])
    monkeypatch.setattr(entry, "clients", lambda _: Clients(ROOT, {}, {}))
    monkeypatch.setattr(Clients, "out_of_date", lambda _: [ROOT / "clients" / "generated.json"])
    monkeypatch.setattr(entry, "write", lambda _: pytest.fail("written"))
    done = CliRunner().invoke(entry.app, ["generate", "--check"])
    assert done.exit_code == 1
    assert "docs/events.md is out of date: run `make generate`" in done.stderr
    assert "clients/generated.json is out of date: run `make generate`" in done.stderr


def test_what_could_not_be_checked_of_the_clients_is_said_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    all_is_well(monkeypatch)
    monkeypatch.setattr(entry, "problems", lambda _: ([], "clients: Node is not installed"))
    done = CliRunner().invoke(entry.app, ["check"])
    assert done.exit_code == 0
    assert "! clients: Node is not installed.\n✓ clients\n" in done.stdout


def test_a_version_that_was_never_released_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreleased(_: Path) -> list[Path]:
        raise Unreleased("release it first")

    monkeypatch.setattr(entry, "out_of_date", unreleased)
    monkeypatch.setattr(entry, "write", unreleased)
    for arguments in (["generate", "--check"], ["generate"]):
        done = CliRunner().invoke(entry.app, arguments)
        assert (done.exit_code, done.stderr) == (1, "✗ generated files: release it first\n")


def test_a_release_has_notes_and_every_layer(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', "utf-8")
    changelog = "## [1.2.3] - 2026-11-26\n\nNew.\n\n## [1.2.2]\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog, "utf-8")
    for layer in assets.LAYERS:
        (tmp_path / ".aws-sam" / "imagebus" / "out" / layer).mkdir(parents=True)
    assets.write(tmp_path, "v1.2.3")
    assert (tmp_path / "dist" / "NOTES.md").read_text("utf-8") == "New.\n"
    assert {path.name for path in (tmp_path / "dist").glob("*.zip")} == {
        f"imagebus-1.2.3-{layer}.zip" for layer in assets.LAYERS
    }
    with pytest.raises(ValueError, match="not the version"):
        assets.write(tmp_path, "v1.2.4")


def test_every_layer_of_the_template_is_released() -> None:
    resources = templates.read(ROOT / "template.yml")["Resources"]
    layers = {name for name, each in resources.items() if each["Type"] == "AWS::Serverless::LayerVersion"}
    assert layers - {"WebLayer"} == set(assets.LAYERS)
