"""Runs a decoder on untrusted bytes in a forked child that can be killed without affecting the parent.

The child gets a CPU-time limit (a timer below the second, RLIMIT_CPU behind it), an address-space limit and a
wall-clock limit, and answers with JSON over a pipe, so nothing that a broken child writes is executed or
unpickled. Plain `os.fork` needs no /dev/shm, so it works inside Lambda; the child runs only Python, imports
nothing that the parent has not imported, and exits with `os._exit`, so it works from a threaded parent.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from imagebus_imaging.interface import Limits, Rejected

MAX_ANSWER = 1 << 25
#: What the child's own CPU limits send. Nothing else sends these.
_CPU_LIMIT = frozenset({signal.SIGXCPU, signal.SIGPROF})
# A handler of the parent (a profiler, faulthandler) must not run in the child.
_OWN_SIGNALS = (signal.SIGPROF, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT)
_OWN_NEEDS = 1 << 24  # of the interpreter, so that an image within the limit is not refused for them
_UNKNOWN_PARENT = 1 << 29  # without /proc


class DecoderStalled(RuntimeError):
    """The child was stopped with little CPU time used: a problem of the machine, not the image. Retry."""


class DecoderFault(RuntimeError):
    """The child raised an undeclared exception: a bug of ours, not a bad image."""


@dataclass(frozen=True, slots=True)
class Child:
    """A finished child: its answer and its resources (peak resident memory in MB)."""

    answer: Mapping[str, Any] | None
    signal: int
    cpu_seconds: float
    peak_mb: float
    timed_out: bool


def decode_in_child(
    work: Callable[[], Mapping[str, Any]], limits: Limits, meanwhile: Callable[[], None] = lambda: None
) -> Mapping[str, Any]:
    """What `work` returned. Raises the `Rejected` that it raised, or `too_costly` if it exceeded its limits.

    `work` runs in the child, and its result is JSON. `meanwhile` runs here in parallel.
    """
    child = run_child(work, limits, meanwhile)
    if child.answer is None:
        raise _verdict(child, limits)
    if "rejected" in child.answer:
        raise Rejected(*child.answer["rejected"])
    if "fault" in child.answer:
        raise DecoderFault(child.answer["fault"])
    result: Mapping[str, Any] = child.answer["result"]
    return result


def _verdict(child: Child, limits: Limits) -> Exception:
    stopped = child.timed_out or child.signal == signal.SIGKILL
    # The kernel counts ticks for a timer but measures usage, which may thus be well below the limit.
    if child.signal in _CPU_LIMIT or (stopped and child.cpu_seconds >= limits.cpu_seconds):
        used = max(child.cpu_seconds, limits.cpu_seconds)
        return Rejected("too_costly", "decoding takes too much time", limits.cpu_seconds, round(used, 3))
    # Only the image's own usage counts. A timeout, or a kill from outside, is a problem of the machine.
    if stopped:
        why = f"no answer in {limits.wall_seconds} s" if child.timed_out else "killed from outside"
        return DecoderStalled(f"{why}, with {child.cpu_seconds:.2f} s of CPU time")
    if child.signal == signal.SIGABRT:
        return Rejected("too_costly", "decoding needs more memory than allowed", limits.memory_bytes)
    name = signal.Signals(child.signal).name if child.signal else "no answer"
    return Rejected("corrupt", f"the decoder crashed: {name}")


def run_child(
    work: Callable[[], Mapping[str, Any]],
    limits: Limits,
    meanwhile: Callable[[], None] = lambda: None,
    *,
    writes_files: bool = False,
) -> Child:
    """Forks, waits and reports. Raises OSError if the machine cannot fork."""
    deadline = time.monotonic() + limits.wall_seconds
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _child(work, limits, writer, writes_files)
    os.close(writer)
    ended = False
    try:
        meanwhile()
        answer, ended = _read(reader, deadline)
    finally:
        os.close(reader)
        if not ended:
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
    return Child(
        json.loads(answer) if ended and answer and os.WIFEXITED(status) else None,
        os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        not ended,
    )


def _read(reader: int, deadline: float) -> tuple[bytes, bool]:
    poll = select.poll()
    poll.register(reader, select.POLLIN | select.POLLHUP)
    answer = bytearray()
    while len(answer) < MAX_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(math.ceil(left * 1000)):
            return bytes(answer), False
        part = os.read(reader, 65_536)
        if not part:
            return bytes(answer), True
        answer += part
    return bytes(answer), False


def _child(
    work: Callable[[], Mapping[str, Any]], limits: Limits, writer: int, writes_files: bool
) -> NoReturn:
    status = 1
    try:
        _confine(limits, writes_files)
        answer: dict[str, Any] = {"result": work()}
        status = 0
    except Rejected as refusal:
        answer = {"rejected": [refusal.code, refusal.detail, refusal.limit, refusal.actual]}
    except MemoryError:
        answer = {"rejected": ["too_costly", "decoding needs more memory than allowed", limits.memory_bytes]}
    # No exception may run the parent's code in the child: report it, and raise it in the parent.
    except BaseException as error:  # noqa: BLE001
        answer = {"fault": f"{type(error).__name__}: {error}"[:500]}
    try:
        rest = memoryview(json.dumps(answer).encode())
        while rest:
            rest = rest[os.write(writer, rest) :]
    finally:
        os._exit(status)


def _confine(limits: Limits, writes_files: bool) -> None:
    # A collection would write to, and so copy, every page shared with the parent.
    gc.disable()
    for inherited in _OWN_SIGNALS:
        signal.signal(inherited, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
    seconds = math.ceil(limits.cpu_seconds) + 1
    _lower(resource.RLIMIT_CPU, seconds)
    _lower(resource.RLIMIT_AS, _address_space(limits.memory_bytes))
    if not writes_files:
        _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _address_space(memory_bytes: int) -> int:
    """The memory mapped at the fork plus the allowance, so that a file has the same limit in any parent."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  pathlib costs an import in every child
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        mapped = _UNKNOWN_PARENT
    return mapped + memory_bytes + _OWN_NEEDS
