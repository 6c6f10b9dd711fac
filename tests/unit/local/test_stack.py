"""The local AWS as a whole, without running an emulator."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

import imagebus_local
from imagebus_cli.stack.deployed import Stack
from imagebus_local import LocalError, LocalState, Places, emulator, ports, sam, stack, state, templates


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "services").mkdir()
    (tmp_path / "template.yml").write_text("Parameters: {}\nResources: {}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def leftovers(root: Path) -> set[str]:
    return {each.name for each in Places(root).home.iterdir()}


def crashed(root: Path, pid: int) -> None:
    """What a crashed emulator leaves behind."""
    places = Places(root)
    places.run.mkdir(parents=True)
    (places.run / "ministack-lambda-x").mkdir()
    places.process.write_text(json.dumps({"pid": pid, "port": 4570}), encoding="utf-8")
    places.state.write_text("{}", encoding="utf-8")


def test_the_checkout_is_found_from_a_folder_inside_it(root: Path) -> None:
    inside = root / "services" / "ingest"
    inside.mkdir()
    assert Places.find(inside) == Places(root)


def test_nothing_runs_in_a_fresh_checkout(root: Path) -> None:
    assert imagebus_local.status(root=root).state == "down"
    with pytest.raises(LocalError, match="imagebus local up"):
        imagebus_local.env(root=root)


def test_down_twice_is_harmless(root: Path) -> None:
    assert imagebus_local.down(root=root) is False
    assert imagebus_local.down(root=root) is False
    assert leftovers(root) == {"lock"}


def test_an_emulator_that_crashed_is_seen_and_tidied(root: Path) -> None:
    crashed(root, pid=2**22 + 1)  # no system assigns such a number
    assert imagebus_local.status(root=root).state == "crashed"
    assert imagebus_local.down(root=root) is False
    assert leftovers(root) == {"lock"}


def test_down_does_not_wait_until_the_last_of_many_files_is_deleted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took minutes after a burst. What a first `down` leaves, the next one deletes."""
    deletions: list[list[str]] = []

    class Slow:
        def __init__(self, command: list[Path], **_: object) -> None:
            deletions.append([each.name for each in command[3:]])

        def wait(self, seconds: float) -> NoReturn:
            assert seconds <= 1
            raise subprocess.TimeoutExpired("rm", seconds)

    with monkeypatch.context() as slow:
        slow.setattr(subprocess, "Popen", Slow)
        for _ in range(2):
            Places(root).run.mkdir(parents=True)
            emulator.stop(Places(root), None)
    assert [len(each) for each in deletions] == [1, 2]
    assert imagebus_local.down(root=root) is False
    assert leftovers(root) == {"lock"}


def test_a_process_that_got_the_number_of_a_dead_emulator_is_left_alone(
    root: Path, stranger: subprocess.Popen[bytes]
) -> None:
    crashed(root, pid=stranger.pid)
    assert imagebus_local.status(root=root).state == "crashed"
    imagebus_local.down(root=root)
    assert stranger.poll() is None


def test_two_commands_at_once_do_not_meet(root: Path) -> None:
    with stack._alone(Places(root)), pytest.raises(LocalError) as caught:
        imagebus_local.down(root=root)
    assert caught.value.code == "locked"


def test_a_parameter_that_the_template_does_not_have_is_refused_before_anything_starts() -> None:
    places = Places.find(Path(__file__).parent)
    with pytest.raises(LocalError) as caught:
        stack._write_templates(places, {"ThumbnailSize": "1x1"})
    assert caught.value.code == "unknown_parameter"
    assert caught.value.advice.startswith("Similar: ThumbnailSizes")


def test_similar_parameters_are_named_whatever_their_case_and_all_if_none_is_like_it() -> None:
    known = ["CorsOrigins", "ThumbnailSizes", "WatermarkText"]
    assert templates.similar("corsorigin", known) == "Similar: CorsOrigins. All are in template.yml."
    assert templates.similar("xyz", known) == "It has: CorsOrigins, ThumbnailSizes, WatermarkText."


@pytest.mark.parametrize(
    ("given", "kept"), [(None, {"Sizes": "9"}), ({}, {}), ({"Sizes": "2"}, {"Sizes": "2"})]
)
def test_a_stack_that_runs_keeps_its_parameters_unless_others_are_given(
    root: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str] | None, kept: dict[str, str]
) -> None:
    running = emulator.Emulator(4711, 4570)
    local = LocalState("http://x", "us-east-1", 4711, {}, None, None, "imagebus", 4570, "abc", {"Sizes": "9"})
    state.save(Places(root).state, local)
    (root / "template.yml").write_text("Parameters: {Sizes: {Type: String}}", encoding="utf-8")
    written: list[Mapping[str, str]] = []

    def write(_: Places, parameters: Mapping[str, str]) -> NoReturn:
        written.append(parameters)
        raise LocalError("enough", "Enough.", "")

    monkeypatch.setattr(emulator, "running", lambda _: running)
    monkeypatch.setattr(stack, "_write_templates", write)
    with pytest.raises(LocalError, match="Enough"):
        imagebus_local.up(root=root, parameters=given)
    assert written == [{**templates.LOCAL_PARAMETERS, **kept}]


def test_no_setting_of_the_users_own_aws_reaches_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    clean = emulator.clean_environment() | emulator.client_environment(4570)
    assert "AWS_PROFILE" not in clean
    assert "AWS_SESSION_TOKEN" not in clean
    assert clean["AWS_ACCESS_KEY_ID"] == "test"
    assert clean["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4570"


def test_clients_of_the_local_aws_read_nothing_of_the_users_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile that does not exist was found missing after the deployment."""
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-1\ns3 =\n  addressing_style = virtual\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://elsewhere")
    local = LocalState("http://127.0.0.1:1", "us-east-1", 1, {}, None, None, "imagebus", 1, "")
    for client in (stack.client(local, "s3"), Stack.local(local.endpoint, local.region, {}).s3):
        assert (client.meta.endpoint_url, client.meta.region_name) == (local.endpoint, "us-east-1")
        config: Any = client.meta.config
        assert (config.s3 or {}).get("addressing_style") in {None, "path"}


def test_an_emulator_that_is_interrupted_while_it_starts_is_not_left_behind(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupt(process: subprocess.Popen[bytes], *_: object) -> NoReturn:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(emulator, "_await", interrupt)
    endless = root / "endless"
    endless.write_text("#!/bin/sh\nexec sleep 600\n", encoding="ascii")
    endless.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(endless))
    with pytest.raises(KeyboardInterrupt):
        emulator.start(Places(root), ports.suggest(20_000))
    started[0].wait(5)  # it would sleep for ten minutes
    assert leftovers(root) == {"emulator.log"}


def test_a_stack_that_is_interrupted_while_it_is_deployed_is_stopped_unless_it_was_up_before(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, running, stopped = emulator.Emulator(1, 20_000), emulator.Emulator(2, 20_001), list[Any]()

    def interrupt(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(stack, "_deploy", interrupt)
    monkeypatch.setattr(stack, "_write_templates", lambda *_: ([], {}))
    monkeypatch.setattr(templates, "digest", lambda *_: "other")
    monkeypatch.setattr(ports, "require_free", lambda _: None)
    monkeypatch.setattr(emulator, "start", lambda *_: started)
    monkeypatch.setattr(emulator, "stop", lambda _, alive: stopped.append(alive))
    monkeypatch.setattr(emulator, "answers", lambda _: True)
    for alive, after in ((None, [None, started]), (running, [])):
        stopped.clear()
        monkeypatch.setattr(emulator, "running", lambda _, alive=alive: alive)
        with pytest.raises(KeyboardInterrupt):
            imagebus_local.up(root=root)
        assert stopped == after


def test_the_apis_address_is_the_one_that_the_emulator_serves() -> None:
    url = "https://abc123.execute-api.us-east-1.amazonaws.com/v1/"
    address = stack.local_api_url(url, "http://127.0.0.1:4570")
    assert address == "http://127.0.0.1:4570/_aws/execute-api/abc123/v1/"


def test_what_was_built_from_the_same_sources_is_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places, builds = Places(root), list[Path]()
    code = root / "services" / "code.py"
    code.write_text("ONE = 1", encoding="utf-8")
    built = places.build / "out" / "template.yaml"

    def build(template: Path, *_: object) -> None:
        built.parent.mkdir(parents=True, exist_ok=True)
        built.touch()
        builds.append(template)

    monkeypatch.setattr(sam, "build", build)

    def again() -> int:
        assert stack._build(places, [places.template], {}, say=lambda _: None) == built
        return len(builds)

    assert (again(), again()) == (1, 1)
    code.write_text("TWO = 2", encoding="utf-8")
    assert (again(), again()) == (2, 2)
    places.template.write_text("Parameters: {}\nResources: {}\n# other\n", encoding="utf-8")
    assert again() == 3
    built.unlink()
    assert again() == 4


def test_a_build_that_failed_is_not_kept(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(root)
    outcomes = [None, LocalError("build_failed", "It failed.", ""), None]
    built = places.build / "out" / "template.yaml"
    built.parent.mkdir(parents=True)
    built.touch()

    def build(*_: object) -> None:
        if error := outcomes.pop(0):
            raise error

    monkeypatch.setattr(sam, "build", build)
    stack._build(places, [places.template], {}, say=lambda _: None)
    (root / "services" / "code.py").write_text("broken", encoding="utf-8")
    with pytest.raises(LocalError):
        stack._build(places, [places.template], {}, say=lambda _: None)
    (root / "services" / "code.py").unlink()
    stack._build(places, [places.template], {}, say=lambda _: None)
    assert outcomes == [], "the folder of the build is no longer what it was"
