"""The emulator's process: start it, wait until it answers, stop it and everything it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from imagebus_local import ports
from imagebus_local.errors import LocalError
from imagebus_local.places import Places
from imagebus_local.state import read_json, write_private

REGION = "us-east-1"
READY_SECONDS = 60.0
#: Nothing of it is kept, so nobody waits for connections that are still open.
STOP_SECONDS = 0.5
#: A stack of thousands of images has a file for each object. Whoever stops it does not wait for all of them.
DELETE_SECONDS = 1.0
TRASH = "trash-"
#: A dead emulator refuses at once. A live one may be slow under load, and must not be taken for dead.
ANSWER_SECONDS = 20.0

# Root on the emulator. The user's own AWS configuration must not leak in: neither keys nor a profile.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@dataclass(frozen=True)
class Emulator:
    """A running emulator. `pid` leads its own session, so that its workers can be stopped with it."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://{ports.HOST}:{self.port}"


def client_environment(port: int) -> dict[str, str]:
    """Environment variables that point any AWS SDK or tool at the emulator on `port`."""
    return {
        "AWS_ENDPOINT_URL": f"http://{ports.HOST}:{port}",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        **CREDENTIALS,
    }


#: What `client_environment` sets.
VARIABLES = tuple(client_environment(0))
#: What still has a say beside that: a profile, a token of other keys and when they expire (aws configure
#: export-credentials sets it), the endpoints of single services.
OVERRIDING = re.compile(
    r"AWS_((DEFAULT_)?PROFILE|(SESSION|SECURITY)_TOKEN|CREDENTIAL_EXPIRATION|ENDPOINT_URL_\w+"
    r"|IGNORE_CONFIGURED_ENDPOINT_URLS)"
)


def overriding() -> list[str]:
    """The variables of this process that have a say beside `client_environment`."""
    return sorted(name for name in os.environ if OVERRIDING.fullmatch(name))


def clean_environment() -> dict[str, str]:
    """This process's environment without AWS settings, with the interpreter's folder first on PATH."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    clean["AWS_CONFIG_FILE"] = clean["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    clean["AWS_EC2_METADATA_DISABLED"] = "true"
    # Otherwise every cold start would compile botocore again, which takes longer than everything else.
    clean.pop("PYTHONDONTWRITEBYTECODE", None)
    clean["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), clean.get("PATH", os.defpath)])  # noqa: PTH120
    return clean


def start(places: Places, port: int) -> Emulator:
    """Starts an emulator on the loopback interface and returns once it answers.

    Raises LocalError `port_busy`, `emulator_missing`, `emulator_died` or `emulator_slow`.
    """
    ports.require_free(port)
    _delete(places)
    places.run.mkdir(parents=True)
    environment = clean_environment() | CREDENTIALS
    environment |= {
        "AWS_DEFAULT_REGION": REGION,
        "AUTH": "true",
        "BIND_HOST": ports.HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("IMAGEBUS_LOCAL_LOG_LEVEL", "INFO"),
        "S3_DATA_DIR": str(places.run / "s3"),
        "STATE_DIR": str(places.run / "state"),
        "TMPDIR": str(places.run),
    }
    with places.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "imagebus_local.ministack"],
            cwd=places.run,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    emulator = Emulator(process.pid, port)
    try:
        write_private(places.process, {"pid": emulator.pid, "port": port})
        _await(process, places, port)
    except BaseException:  # also an interrupt
        stop(places, emulator)
        raise
    return emulator


def _await(process: subprocess.Popen[bytes], places: Places, port: int) -> None:
    """Returns once it answers. Raises LocalError `emulator_missing`, `emulator_died` or `emulator_slow`."""
    deadline = time.monotonic() + READY_SECONDS
    while not answers(port):
        if process.poll() is not None:
            tail = log_tail(places)
            missing = "No module named" in tail
            raise LocalError(
                "emulator_missing" if missing else "emulator_died",
                "The emulator is not installed." if missing else "The emulator exited during startup.",
                "Run: make setup" if missing else f"Its log is {places.log}.",
                tail,
            )
        if time.monotonic() > deadline:
            raise LocalError(
                "emulator_slow",
                f"The emulator did not answer within {READY_SECONDS:.0f} seconds.",
                f"Try again; its log is {places.log}.",
                log_tail(places),
            )
        time.sleep(0.05)


def running(places: Places) -> Emulator | None:
    """This checkout's live emulator, whether or not it answers; None if it crashed."""
    document = read_json(places.process)
    if document is None:
        return None
    emulator = Emulator(int(document["pid"]), int(document["port"]))
    # After a reboot another process may have this pid: trust it only if it is an emulator.
    if _is_emulator(emulator.pid):
        return emulator
    return None


def answers(port: int) -> bool:
    """Whether an emulator on `port` is ready for requests."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{ports.HOST}:{port}/_ministack/ready", timeout=ANSWER_SECONDS) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def stop(places: Places, emulator: Emulator | None) -> None:
    """Stops the emulator and its workers and removes their files. Does nothing if nothing runs.

    Workers of a crashed emulator are still in its process group, and are stopped too.
    """
    document = read_json(places.process)
    group = emulator.pid if emulator else int(document["pid"]) if document else None
    if group is not None and (emulator or _group_is_ours(group, places)):
        _end_group(group)
    places.process.unlink(missing_ok=True)
    _delete(places)


def _delete(places: Places) -> None:
    """Deletes the emulator's files, those of a deletion that was cut off too; soon, if there are many."""
    if places.run.exists():
        places.run.rename(places.home / f"{TRASH}{uuid4().hex}")
    if trash := sorted(places.home.glob(f"{TRASH}*")):
        nothing = subprocess.DEVNULL
        deleting = subprocess.Popen(
            ["rm", "-rf", "--", *trash], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
        with suppress(subprocess.TimeoutExpired):
            deleting.wait(DELETE_SECONDS)


def log_tail(places: Places, lines: int = 20) -> str:
    try:
        return "\n".join(places.log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def _is_emulator(pid: int) -> bool:
    _reap(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    line = ports.command_line(pid)
    if line is None:
        shown = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        line = shown.stdout
    return "ministack" in line


def _group_is_ours(group: int, places: Places) -> bool:
    """Whether the process group of a dead emulator still holds workers that run from our folder."""
    return any(str(places.run) in (ports.command_line(pid) or "") for pid in _members(group))


def _members(group: int) -> list[int]:
    listing = subprocess.run(["ps", "-eo", "pid=,pgid=,stat="], capture_output=True, text=True, check=False)
    rows = (row.split() for row in listing.stdout.splitlines())
    return [int(pid) for pid, pgid, stat in rows if int(pgid) == group and not stat.startswith("Z")]


def _end_group(group: int) -> None:
    for sign, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        try:
            os.killpg(group, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            _reap(group)
            if not _members(group):
                return
            time.sleep(0.05)


def _reap(pid: int) -> None:
    """Reaps the emulator if this process started it, so that it does not stay a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
