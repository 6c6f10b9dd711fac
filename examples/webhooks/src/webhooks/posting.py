"""One POST to an endpoint that is not trusted: to a checked address, without redirects, within limits.

The name is resolved once, each of its addresses is checked, and the connection goes to one of those. A name
that has other addresses a moment later (DNS rebinding) gains nothing. The certificate must be the name's.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial

from webhooks.addresses import Refused, Rules, Target, check, target
from webhooks.model import LONGEST_WAIT, Outcome

#: How much of a failure's answer is read, in bytes, and kept, in characters.
MAX_READ = 4096
MAX_KEPT = 500

#: host, port -> addresses
Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass
class Poster:
    """`timeout` is for everything together, in seconds, from the name to the answer's headers."""

    rules: Rules = field(default_factory=Rules)
    timeout: float = 15
    resolve: Resolve = resolve
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Never raises for what an endpoint does."""
        started = time.monotonic()
        try:
            where = target(url, self.rules)
            with _Deadline(started + self.timeout) as deadline:
                answer = self._post(where, body, headers, deadline)
        except Refused as error:
            answer = partial(Outcome, None, error=f"refused: {error}")
        return answer(duration_ms=round((time.monotonic() - started) * 1000))

    def _post(
        self, where: Target, body: bytes, headers: Mapping[str, str], deadline: _Deadline
    ) -> partial[Outcome]:
        try:
            addresses = deadline.call(partial(self.resolve, where.host, where.port))
            check(addresses, self.rules)
            connection = _Connection(where, addresses, self.context, deadline)
            try:
                connection.request("POST", where.path, body, {"Host": where.authority, **headers})
                return _read(connection.getresponse())
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            return partial(Outcome, None, error="timeout" if deadline.passed else _reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return f"tls: {error.reason or type(error).__name__}"
    return f"connection: {type(error).__name__}"


def _read(response: http.client.HTTPResponse) -> partial[Outcome]:
    """The status decides. What an endpoint says about a failure helps its owner, so the beginning is kept."""
    if 200 <= response.status < 300:
        return partial(Outcome, response.status)
    text = b""
    with suppress(OSError, http.client.HTTPException, ValueError):
        text = response.read(MAX_READ)
    error = "redirect" if 300 <= response.status < 400 else ""
    wait = retry_after(response.getheader("Retry-After", ""), time.time())
    kept = "".join(each if each.isprintable() else " " for each in text.decode("utf-8", "replace"))
    return partial(Outcome, response.status, error=error, body=kept[:MAX_KEPT], wait=wait)


def retry_after(text: str, now: float) -> int:
    """Seconds, at most a day; 0 if the header is missing or nonsense. It has seconds or a date.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    try:
        seconds = (
            int(text) if text.isascii() and text.isdigit() else parsedate_to_datetime(text).timestamp() - now
        )
    except (ValueError, TypeError, OverflowError):
        return 0
    return int(min(max(seconds, 0), LONGEST_WAIT))


class _Deadline:
    """Ends whatever goes on when time is up. A socket's own timeout is for one read, so an endpoint that
    sends a byte a second could hold the sender for hours.
    """

    def __init__(self, at: float) -> None:
        self._at = at
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(self.left, self._end)
        self._timer.daemon = True
        self.passed = False

    @property
    def left(self) -> float:
        """Seconds; never 0, which would mean a socket that does not wait."""
        return max(self._at - time.monotonic(), 0.001)

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    def watch(self, sock: socket.socket) -> None:
        self._socket = sock
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):
                # SSLSocket's own method would also take its TLS state away from the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def call(self, work: Callable[[], Sequence[str]]) -> Sequence[str]:
        """For what has no timeout: looking up a name. Raises what the work raises, or TimeoutError."""
        results: list[Sequence[str]] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                results.append(work())
            except Exception as error:  # noqa: BLE001  raised again in the other thread
                errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(self.left)
        if errors:
            raise errors[0]
        if not results:
            self.passed = True
            raise TimeoutError
        return results[0]


class _Response(http.client.HTTPResponse):
    """Skips every interim answer, such as 103 Early Hints. The library skips 100 only.

    101 is no interim answer: it ends HTTP on this connection, and nobody asked for it.
    https://www.rfc-editor.org/rfc/rfc9110#section-15.2
    """

    def _read_status(self) -> tuple[str, int, str]:
        # typeshed does not know this method.
        version, status, reason = super()._read_status()  # type: ignore[misc]
        interim = 100 <= status < 200 and status != http.client.SWITCHING_PROTOCOLS
        return version, http.client.CONTINUE if interim else status, reason


class _Connection(http.client.HTTPConnection):
    """To one of these addresses, whatever the name resolves to now. No proxy, and no redirect is followed."""

    response_class = _Response

    def __init__(
        self, where: Target, addresses: Sequence[str], context: ssl.SSLContext, deadline: _Deadline
    ) -> None:
        super().__init__(where.host, where.port)
        self._where = where
        self._addresses = addresses
        self._context = context
        self._deadline = deadline

    def connect(self) -> None:
        self.sock = self._connected()
        self._deadline.watch(self.sock)
        if self._where.tls:
            self.sock = self._context.wrap_socket(
                self.sock, server_hostname=self._where.host, do_handshake_on_connect=False
            )
            self._deadline.watch(self.sock)
            self.sock.do_handshake()

    def _connected(self) -> socket.socket:
        """The first that answers. Each gets its share of the time: a function has no IPv6, for example."""
        last: OSError = OSError("no address")
        for number, address in enumerate(self._addresses):
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            sock.settimeout(self._deadline.left / (len(self._addresses) - number))
            try:
                sock.connect((address, self._where.port))
            except OSError as error:
                sock.close()
                last = error
            else:
                sock.settimeout(self._deadline.left)
                return sock
        raise last
