"""The local AWS as a whole: `up`, `down`, `status`, `env`."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from imagebus_local import archive, concurrency, emulator, gateway, layers, ports, sam, state, templates
from imagebus_local.errors import LocalError
from imagebus_local.places import Places
from imagebus_local.state import LocalState

if TYPE_CHECKING:
    from imagebus_local.sam import Progress

STACK = "imagebus"
DEFAULT_PORT = 4566


def _silent(_message: str) -> None:
    return


@dataclass(frozen=True)
class Status:
    """`down`; `starting` (or it was interrupted while deploying); `up`; `crashed` (`up` and `down` tidy)."""

    state: Literal["down", "starting", "up", "crashed"]
    local: LocalState | None = None


def up(
    port: int | None = None,
    *,
    root: Path | None = None,
    parameters: Mapping[str, str] | None = None,
    say: Progress = _silent,
) -> LocalState:
    """Starts the emulator and deploys template.yml to it; returns what is in `.imagebus/local.json`.

    Harmless when it runs already: it deploys again only if sources or template `parameters` changed. Without
    `parameters` it keeps those that it was given before, as CloudFormation does.
    `port` defaults to the running one, else 4566. Raises LocalError; what it started is then taken down,
    but a stack that was up before stays as it was.
    """
    places = Places.find(root)
    with _alone(places):
        alive, known = emulator.running(places), state.load(places.state)
        if parameters is None:
            parameters = known.parameters if alive and known else {}
        written, values = _write_templates(places, {**templates.LOCAL_PARAMETERS, **parameters})
        sources = templates.digest(places.root, written, values)
        if alive and not emulator.answers(alive.port):
            say("The emulator no longer responds: starting a new one")
            _clear(places, alive)
            alive = None
        if alive and port not in {None, alive.port}:
            raise LocalError(
                "running_elsewhere",
                f"The local AWS of this checkout already runs on port {alive.port}.",
                "Use that, or run first: imagebus local down",
            )
        if alive and known and known.sources == sources:
            say(f"Already up at {known.endpoint}")
            return known
        if alive:
            say("The sources changed: deploying again")
            return _deploy(places, alive, written, values, given=parameters, sources=sources, say=say)
        _clear(places, None)
        ports.require_free(port or DEFAULT_PORT)
        say(f"Starting the emulator on port {port or DEFAULT_PORT}")
        started = emulator.start(places, port or DEFAULT_PORT)
        try:
            return _deploy(places, started, written, values, given=parameters, sources=sources, say=say)
        except BaseException:  # also an interrupt: nothing may be left behind
            _clear(places, started)
            raise


def down(*, root: Path | None = None, say: Progress = _silent) -> bool:
    """Ends the emulator and everything it started; False when nothing was running, which is not an error."""
    places = Places.find(root)
    with _alone(places):
        alive = emulator.running(places)
        _clear(places, alive)
        say("The local AWS is down" if alive else "The local AWS was not running")
        return alive is not None


def status(*, root: Path | None = None) -> Status:
    places = Places.find(root)
    known = state.load(places.state)
    alive = emulator.running(places)
    if alive is None:
        return Status("crashed" if known or places.process.exists() else "down", known)
    if not emulator.answers(alive.port):
        return Status("crashed" if known else "starting", known)
    return Status("up" if known else "starting", known)


def env(*, root: Path | None = None) -> dict[str, str]:
    """Variables that point the AWS CLI and SDKs at the local AWS. Raises LocalError `not_running`."""
    return emulator.client_environment(_running(root).port)


def session(region: str = emulator.REGION) -> boto3.session.Session:
    """A boto3 session for the local AWS that reads nothing of the user's own AWS configuration.

    A profile that AWS_PROFILE names need not exist, and the files may hold endpoints and settings of S3.
    """
    keys = emulator.CREDENTIALS
    nowhere: Any = (None, [], os.devnull, None)  # no name in a file, no variable, the default, no conversion
    variables: Any = {"profile": (None, [], None, None), "config_file": nowhere, "credentials_file": nowhere}
    return boto3.session.Session(
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=variables),
    )


def client(local: LocalState, service: str, **options: Any) -> Any:
    """A boto3 client of `service` on the local AWS."""
    make: Any = session(local.region).client  # the typed overloads want a literal name
    return make(
        service, endpoint_url=local.endpoint, config=Config(s3={"addressing_style": "path"}), **options
    )


def _running(root: Path | None) -> LocalState:
    seen = status(root=root)
    if seen.state != "up" or seen.local is None:
        raise LocalError("not_running", "The local AWS is not running.", "Run: imagebus local up")
    return seen.local


def _write_templates(places: Places, parameters: Mapping[str, str]) -> tuple[list[Path], dict[str, str]]:
    """The local template and its nested templates, and a value for every parameter.

    Every one, because CloudFormation otherwise keeps the value of a deployed stack.
    """
    template = templates.read(places.template)
    if unknown := sorted(set(parameters) - set(template["Parameters"])):
        advice = templates.similar(unknown[0], template["Parameters"])
        raise LocalError("unknown_parameter", f"template.yml has no parameter {unknown[0]}.", advice)
    rendered = templates.render(template, places.root, runtime=sam.runtime(), architecture=sam.architecture())
    defaults = {name: str(each.get("Default", "")) for name, each in rendered["Parameters"].items()}
    values = {**defaults, **parameters}
    built = {str(source): layers.archive(places.layer(source)) for source in places.layer_sources}
    localized = templates.localize(rendered, values, built)
    share = concurrency.share(localized, concurrency.account_limit())
    copies: dict[Path, templates.Template] = {}
    for _, properties in templates.nested(localized):
        source = Path(properties["TemplateURL"])
        copy = places.build / "nested" / source.relative_to(places.root)
        copies[copy] = templates.localize(templates.read(source), {}, {})
        properties["TemplateURL"] = str(copy)
    written = {places.build / "template.yml": localized, **copies}
    for path, each in written.items():
        templates.write(path, concurrency.limited(each, share))
    return list(written), values


def _deploy(
    places: Places,
    target: emulator.Emulator,
    written: Sequence[Path],
    parameters: Mapping[str, str],
    *,
    given: Mapping[str, str],
    sources: str,
    say: Progress,
) -> LocalState:
    environment = emulator.clean_environment() | emulator.client_environment(target.port)
    environment["SAM_CLI_POLL_DELAY"] = "0.2"  # the default of 5 seconds spares AWS
    built = _build(places, written, environment, say)
    say("sam deploy")
    sam.deploy(built, stack=STACK, parameters=parameters, environment=environment)
    bare = LocalState(
        endpoint=target.endpoint,
        region=emulator.REGION,
        pid=target.pid,
        outputs={},
        api_url=None,
        api_key=None,
        stack=STACK,
        port=target.port,
        sources=sources,
        parameters=dict(given),
    )
    try:
        complete = _complete(bare, templates.read(places.template))
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            "emulator_failed",
            "The emulator deployed the stack, and then failed.",
            f"Its log is {places.log}.",
            str(error),
        ) from error
    state.save(places.state, complete)
    say("Labels are canned: a stand-in for Amazon Rekognition answers")
    say(f"Up at {complete.endpoint}")
    return complete


def _build(places: Places, written: Sequence[Path], environment: Mapping[str, str], say: Progress) -> Path:
    """The built template. What was built from the same sources, such as for another stack, is kept."""
    note, built = places.build / "built-from", places.build / "out" / "template.yaml"
    ours = templates.fingerprint(Path(__file__).parent)
    wanted = templates.digest(places.root, written, {"imagebus_local": ours, "Python": sys.version})
    if built.is_file() and note.is_file() and note.read_text(encoding="ascii") == wanted:
        say("Unchanged since the last build")
        return built
    note.unlink(missing_ok=True)
    say("Building the layers")
    for source in places.layer_sources:
        layers.build(source, places.layer(source), environment)
    say("sam build")
    sam.build(written[0], places.build, environment)
    note.write_text(wanted, encoding="ascii")
    return built


def _complete(bare: LocalState, template: templates.Template) -> LocalState:
    described = client(bare, "cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    archive.ensure(
        client(bare, "events"),
        outputs["ArchiveName"],
        outputs["EventBusName"],
        template["Resources"]["Archive"]["Properties"],
    )
    key = address = None
    if "ApiKeyId" in outputs:
        rest = client(bare, "apigateway")
        key = rest.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
        outputs["ApiUrl"] = address = local_api_url(outputs["ApiUrl"], bare.endpoint)
        *_, api_id, stage, _ = address.split("/")
        gateway.ensure(rest, api_id, stage, template["Resources"]["Api"]["Properties"]["DefinitionBody"])
    return LocalState(**{**vars(bare), "outputs": outputs, "api_url": address, "api_key": key})


def local_api_url(url: str, endpoint: str) -> str:
    """`https://ID.execute-api.REGION.amazonaws.com/STAGE/` as the emulator serves it."""
    host, _, path = url.removeprefix("https://").removeprefix("http://").partition("/")
    return f"{endpoint}/_aws/execute-api/{host.split('.')[0]}/{path.strip('/')}/"


def _clear(places: Places, alive: emulator.Emulator | None) -> None:
    emulator.stop(places, alive)
    places.state.unlink(missing_ok=True)


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    places.home.mkdir(parents=True, exist_ok=True)
    with places.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(
                "locked",
                "Another `imagebus local` command is at work in this checkout.",
                "Wait until it is done, then try again.",
            ) from None
        yield
