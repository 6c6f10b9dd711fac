"""Whether a TCP port of the loopback interface is free, and who uses it."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from imagebus_local.errors import LocalError

HOST = "127.0.0.1"


def require_free(port: int) -> None:
    """Raises LocalError `port_invalid` or `port_busy`; the latter names the owner if possible."""
    if not 1024 <= port <= 65535:
        raise LocalError("port_invalid", f"Port {port} is not usable.", "Choose one from 1024 to 65535.")
    if is_free(port):
        return
    holder = owner(port)
    raise LocalError(
        "port_busy",
        f"Port {port} is already in use{f' by {holder}' if holder else ''}.",
        f"Stop that process, or choose another port, such as {suggest(port)} (--port, or PORT= of make).",
    )


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A port in TIME_WAIT is free for a server; a port with a listener is not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # Some systems allow a bind beside a listener on all addresses.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((HOST, port)) != 0


def suggest(port: int) -> int:
    """The next free port above `port`, for advice."""
    return next((each for each in range(port + 1, min(port + 100, 65536)) if is_free(each)), port + 1)


def owner(port: int) -> str | None:
    """The listening process as "pid 123 (its command line)", or None if /proc does not show it."""
    sockets = _listening_sockets(port)
    if not sockets:
        return None
    for folder in Path("/proc").glob("[0-9]*"):
        if _open_files(folder) & sockets:
            return f"pid {folder.name} ({command_line(int(folder.name)) or 'unknown'})"
    return None


def _open_files(process: Path) -> set[str]:
    """The process's open files; empty if it belongs to another user or has just exited."""
    found = set()
    try:
        for each in (process / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.add(str(each.readlink()))
    except OSError:
        return set()
    return found


def command_line(pid: int) -> str | None:
    """The first 80 characters of a process's command line, or None if it cannot be read."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return raw.replace(b"\0", b" ").decode(errors="replace").strip()[:80] or None


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
