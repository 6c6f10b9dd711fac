"""The WebSocket API of the live example, for the page: the test says what it hears and when it is cut off."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, Pong, TextMessage

#: https://www.rfc-editor.org/rfc/rfc6455#section-1.3
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Sockets:
    """With `refuse`, a page that connects gets 403, as from an API that is gone."""

    def __init__(self) -> None:
        self.refuse = False
        self._open: list[tuple[socket.socket, Connection]] = []
        self._lock = threading.Lock()
        self._pongs = threading.Semaphore(0)

    @property
    def open(self) -> int:
        return len(self._open)

    def tell(self, image: Mapping[str, object]) -> None:
        """Every page that is connected hears of this item of the list, and has it when this returns."""
        names = ("key", "status", "updated_at")
        text = json.dumps({name: image[name] for name in names} | {"revision": "0A"})
        with self._lock:
            for sock, connection in self._open:
                sock.sendall(connection.send(TextMessage(text)) + connection.send(Ping()))
            told = len(self._open)
        for _ in range(told):
            assert self._pongs.acquire(timeout=10)

    def cut(self) -> None:
        """As when the network is lost, or after two hours."""
        with self._lock:
            for sock, _ in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def serve(self, sock: socket.socket, headers: Mapping[str, str]) -> None:
        """Answers the request that has just been read, and returns when the connection is closed."""
        if self.refuse:
            sock.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        digest = hashlib.sha1((headers["Sec-WebSocket-Key"] + MAGIC).encode()).digest()
        accept = base64.b64encode(digest).decode()
        sock.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        entry = sock, Connection(ConnectionType.SERVER)
        with self._lock:
            self._open.append(entry)
        try:
            self._read(*entry)
        finally:
            with self._lock:
                self._open.remove(entry)

    def _read(self, sock: socket.socket, connection: Connection) -> None:
        with suppress(OSError):
            while received := sock.recv(4096):
                connection.receive_data(received)
                for event in connection.events():
                    if isinstance(event, Pong):
                        self._pongs.release()
                    if isinstance(event, CloseConnection):
                        sock.sendall(connection.send(event.response()))
                        return
