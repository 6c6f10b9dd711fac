"""From the engine's milliseconds to the stack's: what requests to S3 take there, how fast functions are.

CPU time and billed time are learnt apart. A function is billed while it waits, for S3 or for a busy machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imagebus.history.recorded import RecordedEvent
from imagebus_cli.recipes.effort import BYTES, Effort, Source, effort, of_items

#: What is assumed without any event: milliseconds for each request, billed and of CPU time, and how much
#: slower Lambda's processor is.
REQUEST_MS, REQUEST_CPU_MS, SLOWER, MEMORY_MB = 8.0, 3.0, 1.3, 1769
#: How sure that is: the spread of both, and the error of a measurement, in milliseconds and as a share.
SPREAD_MS, SPREAD, NOISE_MS, NOISE = 8.0, 0.5, 5.0, 0.3
#: Similar images say the same again and again, so together they count as so many.
WORTH = 50.0
#: Samples that are kept: of a stack with more, the rest says nothing new.
ENOUGH = 5_000
#: What of the samples of a stage and a format is used. The others waited, for a start or for a busy machine:
#: uploads come in bursts, in which all stages work at the same time, and a backfill does not. Waiting takes
#: no CPU time, but a start does.
QUIETEST, QUIETEST_CPU = 0.3, 0.9

MADE = ("ThumbnailsCreated", "ImageWatermarked")

Samples = Sequence[tuple[Effort, int]]


@dataclass
class Calibration:
    """Learns from facts about uploads; what a backfill made is left out, so a plan stays what it was."""

    billed: dict[str, list[tuple[Effort, int]]] = field(default_factory=dict)
    cpu: dict[str, list[tuple[Effort, int]]] = field(default_factory=dict)
    memory: Counter[int] = field(default_factory=Counter)
    _bytes: Counter[str] = field(default_factory=Counter)
    _pixels: Counter[str] = field(default_factory=Counter)

    def learn(self, item: Mapping[str, Any], log: Sequence[RecordedEvent]) -> None:
        source = Source.of(item)
        validated = {event.event_id for event in log if event.detail_type == "ImageValidated"}
        for event in log:
            if event.detail_type not in MADE or event.meta.get("causation_id") not in validated:
                continue
            data, usage = event.detail["data"], event.meta.get("usage") or {}
            items = list(data.get("items", [data]))
            targets = of_items(source, items, still=bool(data.get("still")))
            for target, each in zip(targets, items, strict=True):
                self._bytes[target.format] += each["bytes"]
                self._pixels[target.format] += target.pixels
            work, similar = effort(source, targets), f"{event.detail_type} {source.format}"
            for samples, ms in ((self.billed, "billed_ms"), (self.cpu, "cpu_ms")):
                kept = samples.setdefault(similar, [])
                if usage.get(ms) and len(kept) < ENOUGH:
                    kept.append((work, usage[ms]))
            self.memory[usage.get("memory_mb", 0)] += 1

    def fit(self) -> Speed:
        memory = self.memory.most_common(1)
        return Speed(
            _quiet(self.billed, Rate(), QUIETEST),
            _quiet(self.cpu, CPU, QUIETEST_CPU),
            memory[0][0] if memory else MEMORY_MB,
            dict(self._sizes()),
        )

    def _sizes(self) -> Iterator[tuple[str, float]]:
        for name, usual in BYTES.items():
            yield name, self._bytes[name] / self._pixels[name] if self._pixels[name] else usual


@dataclass(frozen=True)
class Rate:
    """Milliseconds for each request, and for each of the engine's milliseconds."""

    request_ms: float = REQUEST_MS
    slower: float = SLOWER

    def ms(self, each: Effort) -> float:
        return self.request_ms * each.requests + self.slower * each.ms


CPU = Rate(REQUEST_CPU_MS)


@dataclass(frozen=True)
class Speed:
    billed: Rate = Rate()
    cpu: Rate = CPU
    memory_mb: int = MEMORY_MB
    #: Bytes for each pixel, by format.
    bytes: Mapping[str, float] = field(default_factory=lambda: BYTES)


def _quiet(samples: Mapping[str, Samples], assumed: Rate, share: float) -> Rate:
    """From the quickest of each kind, compared with what all of them say."""
    rate = _fitted([sample for similar in samples.values() for sample in similar], assumed)
    quiet: list[tuple[Effort, int]] = []
    for similar in samples.values():
        by_delay = sorted(similar, key=lambda each: each[1] / max(1.0, rate.ms(each[0])))
        quiet += by_delay[: math.ceil(len(by_delay) * share)]
    return _fitted(quiet, assumed)


def _fitted(samples: Samples, assumed: Rate) -> Rate:
    """Least squares with what is assumed as one more measurement: where all images are alike, it decides.

    A measurement counts the less the longer it took.
    """
    worth = min(1.0, WORTH / len(samples)) if samples else 1.0
    a, b, c = 1 / SPREAD_MS**2, 0.0, 1 / SPREAD**2
    p, q = assumed.request_ms / SPREAD_MS**2, assumed.slower / SPREAD**2
    for each, measured in samples:
        weight = worth / (NOISE_MS + NOISE * measured) ** 2
        a, b, c = a + weight * each.requests**2, b + weight * each.requests * each.ms, c + weight * each.ms**2
        p, q = p + weight * each.requests * measured, q + weight * each.ms * measured
    determinant = a * c - b * b
    request_ms, slower = (p * c - q * b) / determinant, (q * a - p * b) / determinant
    if request_ms < 0:
        return Rate(0.0, q / c)
    if slower < 0:
        return Rate(p / a, 0.0)
    return Rate(request_ms, slower)
