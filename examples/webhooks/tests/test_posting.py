"""The real sender against real servers on this computer that misbehave."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import ANY

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from webhooks.addresses import Rules
from webhooks.model import Outcome
from webhooks.posting import MAX_KEPT, MAX_READ, Poster, retry_after

NAME = "hooks.example"
LOCAL = Rules(loopback=True)

Behave = Callable[[socket.socket, bytes], None]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of `hooks.example`, with its key, in one file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]),
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


class Server:
    """`seen` has the head and body of each request, as bytes."""

    def __init__(self, behave: Behave, context: ssl.SSLContext | None) -> None:
        self.seen: list[bytes] = []
        self._behave, self._context = behave, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        try:
            with self._context.wrap_socket(accepted, server_side=True) if self._context else accepted as sock:
                request = b""
                while not request.endswith(b"END"):
                    if not (more := sock.recv(4096)):
                        return
                    request += more
                self.seen.append(request)
                self._behave(sock, request)
        except OSError:
            pass


@contextmanager
def serving(behave: Behave, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(behave, context)
    try:
        yield server
    finally:
        server.close()


def answer(text: str) -> Behave:
    return lambda sock, _request: sock.sendall(text.encode())


def post(server: Server, poster: Poster | None = None, path: str = "/hook") -> Outcome:
    poster = poster or Poster(LOCAL, timeout=5)
    return poster(f"http://127.0.0.1:{server.port}{path}", b"body END", {"webhook-id": "1"})


OK = "HTTP/1.1 204 No Content\r\n\r\n"


def test_a_post_arrives_as_it_was_given() -> None:
    with serving(answer(OK)) as server:
        outcome = post(server, path="/hook?token=1")
        assert (outcome.status, outcome.error, outcome.ok) == (204, "", True)
        (seen,) = server.seen
    head, _, body = seen.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?token=1 HTTP/1.1\r\n")
    assert b"Host: 127.0.0.1:%d" % server.port in head
    assert head.count(b"Host:") == 1
    assert body == b"body END"


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        ("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", 500, ""),
        ("HTTP/1.1 410 Gone\r\n\r\n", 410, ""),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", 302, "redirect"),
        ("HTTP/1.1 307 Again\r\nLocation: http://169.254.169.254/\r\n\r\n", 307, "redirect"),
        ("HTTP/1.1 999\r\n\r\n", 999, ""),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 101, ""),
        ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 500 Oh\r\n\r\n", 500, ""),
        ("HTTP/1.1 200 OK\r\nX: " + "x" * 70_000, None, "connection: LineTooLong"),
        ("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 200 + "\r\n", None, "connection: HTTPException"),
        ("nonsense\r\n\r\n", None, "connection: BadStatusLine"),
        ("", None, "connection: RemoteDisconnected"),
    ],
)
def test_what_is_no_success_is_a_failure_and_no_redirect_is_followed(
    text: str, status: int | None, error: str
) -> None:
    with serving(answer(text)) as server:
        outcome = post(server)
        assert (outcome.status, outcome.error, outcome.ok) == (status, error, False)
        assert len(server.seen) == 1


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints\r\nLink: </a.css>"])
def test_interim_answers_are_not_the_answer(interim: str) -> None:
    with serving(answer(f"HTTP/1.1 {interim}\r\n\r\n" * 2 + OK)) as server:
        assert post(server) == Outcome(204, ANY)


def test_interim_answers_without_end_are_left_when_time_is_up() -> None:
    def endless(sock: socket.socket, _request: bytes) -> None:
        while True:
            sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")

    with serving(endless) as server:
        assert post(server, Poster(LOCAL, timeout=0.5)) == Outcome(None, ANY, "timeout")


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_in_chunks_without_end_or_that_explodes_is_left(status: int) -> None:
    """A megabyte of zeros is a kilobyte of gzip; nothing unpacks it."""
    head = f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"

    def endless(sock: socket.socket, _request: bytes) -> None:
        bomb = gzip.compress(bytes(1_000_000))
        sock.sendall(head.encode())
        while True:
            sock.sendall(b"%x\r\n%b\r\n" % (len(bomb), bomb))

    with serving(endless) as server:
        outcome = post(server)
    assert (outcome.status, len(outcome.body) <= MAX_KEPT, outcome.duration_ms < 3000) == (status, True, True)


def test_a_reset_and_a_closed_port_are_failures() -> None:
    def reset(sock: socket.socket, _request: bytes) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()

    with serving(reset) as server:
        assert post(server).error.startswith("connection: ")
    assert post(server).error == "connection: ConnectionRefusedError"


@pytest.mark.parametrize("tls", [False, True])
def test_an_endpoint_that_sends_a_byte_at_a_time_is_left_when_time_is_up(
    tls: bool, certificate: Path
) -> None:
    """Each byte comes long before a timeout of the socket."""

    def trickle(sock: socket.socket, _request: bytes) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
            sock.sendall(bytes([byte]))
            time.sleep(0.05)

    with serving(trickle, server_context(certificate) if tls else None) as server:
        started = time.monotonic()
        poster = Poster(LOCAL, 0.5, resolve=to_loopback, context=trusting(certificate))
        scheme, host = ("https", NAME) if tls else ("http", "127.0.0.1")
        outcome = poster(f"{scheme}://{host}:{server.port}/", b"END", {})
    assert (outcome.status, outcome.error) == (None, "timeout")
    assert time.monotonic() - started < 2


def test_an_endpoint_that_accepts_and_says_nothing_is_left_during_the_handshake_too(
    certificate: Path,
) -> None:
    with serving(lambda _sock, _request: None) as server:  # speaks no TLS, and waits for the end of a request
        poster = Poster(LOCAL, 0.3, resolve=to_loopback, context=trusting(certificate))
        outcome = poster(f"https://{NAME}:{server.port}/", b"END", {})
    assert (outcome.status, outcome.error) == (None, "timeout")


def test_the_beginning_of_a_long_answer_is_kept_and_the_rest_is_not_even_read() -> None:
    sent = []

    def endless(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(b"HTTP/1.1 500 Oh\r\n\r\nbad\x00\x1b[31m")
        while True:
            sent.append(sock.send(b"x" * MAX_READ))

    with serving(endless) as server:
        outcome = post(server)
    assert outcome.status == 500
    assert outcome.body.startswith("bad  [31mxxx")
    assert len(outcome.body) == MAX_KEPT
    assert outcome.duration_ms < 3000


def test_the_body_of_a_success_is_not_waited_for() -> None:
    def slow(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        time.sleep(3)

    with serving(slow) as server:
        outcome = post(server)
    assert outcome.ok
    assert outcome.duration_ms < 2000


# --- names and addresses ---


def to_loopback(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


def test_the_connection_goes_to_the_checked_address_and_the_certificate_is_the_names(
    certificate: Path,
) -> None:
    names: list[str | None] = []
    context = server_context(certificate)
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    poster = Poster(LOCAL, resolve=to_loopback, context=trusting(certificate))
    with serving(answer(OK), context) as server:
        assert poster(f"https://{NAME}:{server.port}/", b"END", {}).ok
        wrong = poster(f"https://other.example:{server.port}/", b"END", {})
        unknown = Poster(LOCAL, resolve=to_loopback)(f"https://{NAME}:{server.port}/", b"END", {})
        assert f"Host: {NAME}:{server.port}".encode() in server.seen[0]
        assert len(server.seen) == 1
    assert names == [NAME, "other.example", NAME]
    assert wrong.error == unknown.error == "tls: CERTIFICATE_VERIFY_FAILED"


def test_a_name_is_looked_up_once_for_each_post_and_checked_each_time() -> None:
    """DNS rebinding: the name is public when it is subscribed, and local when it is posted to."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with serving(answer(OK)) as server:
        poster = Poster(LOCAL, resolve=lambda _host, _port: next(answers))
        assert poster(f"http://{NAME}:{server.port}/", b"END", {}).ok  # one lookup, or the second is refused
        refused = poster(f"http://{NAME}:{server.port}/", b"END", {})
        assert len(server.seen) == 1
    assert refused.error == "refused: the host has an address that is not public"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0x7f.1",
        "017700000001",
        "0",
        "[::]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ],
)
def test_no_way_to_write_this_computers_address_passes_without_the_parameter(host: str) -> None:
    with serving(answer(OK)) as server:
        outcome = Poster(Rules(frozenset({server.port})))(f"https://{host}:{server.port}/", b"END", {})
        assert server.seen == []
    assert outcome.status is None
    assert outcome.error.startswith("refused: ")


def test_a_lookup_that_takes_too_long_or_finds_nothing_is_a_failure() -> None:
    def slow(_host: str, _port: int) -> Sequence[str]:
        time.sleep(2)
        return ["127.0.0.1"]

    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror

    late = Poster(LOCAL, timeout=0.2, resolve=slow)("https://a.example/", b"", {})
    assert (late.error, late.duration_ms < 1500) == ("timeout", True)
    assert Poster(LOCAL, resolve=unknown)("https://a.example/", b"", {}).error == "connection: gaierror"
    assert (
        Poster(LOCAL, resolve=lambda _h, _p: [])("https://a.example/", b"", {}).error == "connection: OSError"
    )


def test_the_next_address_is_tried_if_the_first_does_not_answer() -> None:
    with serving(answer(OK)) as server:
        poster = Poster(LOCAL, resolve=lambda _host, _port: ["::1", "127.0.0.1"])
        assert poster(f"http://{NAME}:{server.port}/", b"END", {}).ok


def test_an_endpoint_with_several_addresses_has_the_whole_time_to_answer() -> None:
    """Only connecting is shared out among the addresses."""

    def slow(sock: socket.socket, _request: bytes) -> None:
        time.sleep(1)
        sock.sendall(OK.encode())

    with serving(slow) as server:
        poster = Poster(LOCAL, 3, resolve=lambda _host, _port: ["127.0.0.1"] * 6)
        assert poster(f"http://{NAME}:{server.port}/", b"END", {}).ok


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(answer(OK)) as server:
        assert post(server).ok


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("-5", 0), ("999999999", 86_400), ("soon", 0), ("", 0), ("1.5", 0), ("²", 0),
     ("Fri, 27 Nov 2026 08:00:30 GMT", 30), ("Fri, 27 Nov 2026 07:00:00 GMT", 0), ("9" * 5000, 0)],
)  # fmt: skip
def test_retry_after_has_seconds_or_a_date(text: str, seconds: int) -> None:
    assert retry_after(text, datetime(2026, 11, 27, 8, tzinfo=UTC).timestamp()) == seconds
