"""A decoder may loop, grow, crash or die: its parent survives, and reports what happened."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imagebus_imaging import Limits, Rejected, validate
from imagebus_imaging.sandbox import DecoderFault, DecoderStalled, decode_in_child
from tests.hostile.base import honest
from tests.unit.imaging.pictures import encoded, quadrants

#: A busy machine may give a child little of its time, so the clock is not what ends it.
LIMITS = Limits(cpu_seconds=0.2, wall_seconds=60)


def _loop() -> Mapping[str, Any]:
    while True:
        pass


def _grow() -> Mapping[str, Any]:
    return {"size": len(bytearray(4 << 30))}


def _grow_in_c() -> Mapping[str, Any]:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    return {"got": bool(libc.malloc(ctypes.c_size_t(4 << 30)))}


def _crash() -> Mapping[str, Any]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def _refuse() -> Mapping[str, Any]:
    raise Rejected("corrupt", "as it was found", 1, 2.5)


def _err() -> Mapping[str, Any]:
    raise AssertionError("a defect")


def _sleep() -> Mapping[str, Any]:
    time.sleep(60)
    return {}


def _be_killed() -> Mapping[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def _exit() -> Mapping[str, Any]:
    os._exit(0)


def _write(path: Path) -> Mapping[str, Any]:
    path.write_bytes(b"x")
    return {}


@pytest.mark.parametrize(
    ("work", "code"), [(_loop, "too_costly"), (_grow, "too_costly"), (_crash, "corrupt"), (_exit, "corrupt")]
)
def test_a_child_that_misbehaves_is_a_rejection(work: Callable[[], Mapping[str, Any]], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        decode_in_child(work, LIMITS)
    assert caught.value.code == code


def test_a_child_that_reached_its_cpu_limit_is_a_rejection_whatever_usage_was_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a busy machine a timer of 0.2 s ended a child after less than 0.18 s: the kernel counts ticks."""
    wait = os.wait4

    def measured(pid: int, options: int) -> tuple[int, int, SimpleNamespace]:
        _, status, usage = wait(pid, options)
        return pid, status, SimpleNamespace(ru_utime=0.14, ru_stime=0.0, ru_maxrss=usage.ru_maxrss)

    monkeypatch.setattr(os, "wait4", measured)
    with pytest.raises(Rejected) as caught:
        decode_in_child(_loop, LIMITS)
    assert (caught.value.code, caught.value.limit, caught.value.actual) == ("too_costly", 0.2, 0.2)


def test_memory_is_limited_in_c_too() -> None:
    assert decode_in_child(_grow_in_c, LIMITS) == {"got": False}


def test_a_rejection_arrives_whole() -> None:
    with pytest.raises(Rejected) as caught:
        decode_in_child(_refuse, LIMITS)
    found = caught.value
    assert (found.code, found.detail, found.limit, found.actual) == ("corrupt", "as it was found", 1, 2.5)


def test_a_defect_is_raised_and_never_taken_for_a_bad_image() -> None:
    with pytest.raises(DecoderFault, match="AssertionError: a defect"):
        decode_in_child(_err, LIMITS)


def test_a_child_that_waits_without_working_is_the_machines_trouble() -> None:
    with pytest.raises(DecoderStalled):
        decode_in_child(_sleep, Limits(wall_seconds=0.2))


def test_a_clock_that_runs_out_refuses_nothing_however_much_was_done_by_then() -> None:
    with pytest.raises(DecoderStalled):
        decode_in_child(_loop, Limits(cpu_seconds=30, wall_seconds=0.7))


def test_a_kill_from_outside_is_the_machines_trouble() -> None:
    with pytest.raises(DecoderStalled, match="killed from outside"):
        decode_in_child(_be_killed, Limits(wall_seconds=5))


def test_a_child_cannot_write_files(tmp_path: Path) -> None:
    with pytest.raises((DecoderFault, Rejected)):
        decode_in_child(lambda: _write(tmp_path / "file"), LIMITS)


def test_the_parent_works_beside_its_child() -> None:
    done: list[int] = []
    assert decode_in_child(lambda: {"one": 1}, LIMITS, lambda: done.append(os.getpid())) == {"one": 1}
    assert done == [os.getpid()]


def test_an_error_beside_the_child_leaves_no_child_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []
    fork = os.fork

    def recorded() -> int:
        children.append(fork())
        return children[-1]

    def fail() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fork", recorded)
    with pytest.raises(KeyboardInterrupt):
        decode_in_child(_sleep, LIMITS, fail)
    # Only this child: another test of the same process may have one that is still running.
    with pytest.raises(ChildProcessError):
        os.wait4(children[0], os.WNOHANG)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_forking_works_from_a_parent_full_of_busy_threads() -> None:
    stop = threading.Event()
    results: list[str] = []

    def busy() -> None:
        while not stop.is_set():
            _ = [bytes(10_000) for _ in range(50)]

    def judge() -> None:
        results.extend(validate(honest("JPEG"), Limits(wall_seconds=30)).format for _ in range(8))

    threads = [threading.Thread(target=busy) for _ in range(4)]
    judges = [threading.Thread(target=judge) for _ in range(3)]
    for thread in threads + judges:
        thread.start()
    for thread in judges:
        thread.join()
    stop.set()
    for thread in threads:
        thread.join()
    assert results == ["JPEG"] * 24


def test_no_file_descriptor_is_left_open() -> None:
    def opened() -> set[str]:
        return {each.name for each in Path("/proc/self/fd").iterdir()}

    gc.collect()  # what earlier tests left open is not closed meanwhile
    validate(honest("PNG"))
    before = opened()
    for _ in range(5):
        validate(honest("PNG"))
        with pytest.raises(Rejected):
            validate(honest("PNG")[:-20])
    assert opened() <= before


def test_an_image_that_takes_too_long_is_killed() -> None:
    # Many times the limit, because the kernel counts CPU time in ticks of up to 10 ms.
    data = encoded(quadrants(8000, 6000), "WEBP", method=0)
    with pytest.raises(Rejected) as refusal:
        validate(data, Limits(cpu_seconds=0.01))
    assert (refusal.value.code, refusal.value.limit) == ("too_costly", 0.01)
