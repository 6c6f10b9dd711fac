"""`python -m benchmarks.live`: from an event until a WebSocket client has it, on the local stack.

Uploads small images one after the other, and compares each event's `occurred_at` with the time at which its
message arrives. Both clocks are this computer's. The stack needs examples/live and its parameter LiveApi.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import requests
import websocket
from PIL import Image

import imagebus_local
from imagebus_local import LocalState

PATIENCE = 60


class Listener:
    """A client; `arrived` are the messages, each with the time of its arrival in seconds since the epoch."""

    def __init__(self, url: str) -> None:
        self.arrived: list[tuple[float, dict[str, Any]]] = []
        self._heard = threading.Condition()
        self._socket = websocket.create_connection(url, timeout=PATIENCE)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while text := self._socket.recv():
            now = time.time()
            with self._heard:
                self.arrived.append((now, json.loads(text)))
                self._heard.notify_all()

    def wait(self, key: str, status: str) -> None:
        """Raises TimeoutError."""
        with self._heard:
            if not self._heard.wait_for(lambda: self._has(key, status), PATIENCE):
                raise TimeoutError(f"no message said within {PATIENCE} s that {key} is {status}")

    def _has(self, key: str, status: str) -> bool:
        return any(body["key"] == key and body.get("status") == status for _, body in self.arrived)


def address(local: LocalState) -> str:
    """The signed URL. Raises SystemExit if the stack has none."""
    answer = requests.get(
        f"{local.api_url}live", headers={"x-api-key": local.api_key or ""}, timeout=PATIENCE
    )
    answer.raise_for_status()
    url = answer.json().get("url")
    if url is None:
        raise SystemExit("The stack does not push. Deploy examples/live, as its README says.")
    return str(url)


def delays(arrived: Sequence[tuple[float, dict[str, Any]]], prefix: str) -> list[float]:
    """Seconds from the event until the message, in ascending order."""
    return sorted(
        at - datetime.fromisoformat(body["updated_at"]).timestamp()
        for at, body in arrived
        if body["key"].startswith(prefix)
    )


def measure(local: LocalState, images: int, clients: int) -> list[float]:
    s3, prefix = imagebus_local.client(local, "s3"), f"live/{uuid.uuid4().hex[:8]}/"
    listeners = [Listener(address(local)) for _ in range(clients)]
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(buffer, "JPEG")

    def send(key: str) -> None:
        s3.put_object(Bucket=local.outputs["UploadsBucketName"], Key=key, Body=buffer.getvalue())
        for each in listeners:
            each.wait(key, "completed")

    send("live/warm-up.jpg")
    for number in range(images):
        send(f"{prefix}{number}.jpg")
    return sorted(delay for each in listeners for delay in delays(each.arrived, prefix))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--clients", type=int, default=1)
    arguments = parser.parse_args()
    local = imagebus_local.status().local
    if local is None:
        raise SystemExit("The local stack is not running. Run: imagebus local up")
    found = measure(local, arguments.images, arguments.clients)
    p95 = statistics.quantiles(found, n=20, method="inclusive")[-1]
    print(
        f"{len(found)} messages of {arguments.images} images to {arguments.clients} clients, "
        f"{datetime.now(UTC):%Y-%m-%d}: "
        f"median {statistics.median(found) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, "
        f"most {found[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
