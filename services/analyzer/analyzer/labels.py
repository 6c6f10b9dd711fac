"""Which analyses the deployment requests, if any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, get_args

from analyzer.rekognition import analysis_work, skip
from imagebus.clock import SystemClock
from imagebus.events.analyzer import Feature
from imagebus.worker import Work

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient


def features(text: str) -> tuple[Feature, ...]:
    """`"labels,faces"`. Raises ValueError for an unknown feature."""
    named = {name.strip() for name in text.split(",")} - {""}
    known: tuple[Feature, ...] = get_args(Feature)
    if unknown := named - set(known):
        raise ValueError(f"ANALYSIS_FEATURES: {', '.join(sorted(unknown))} is none of {', '.join(known)}")
    return tuple(feature for feature in known if feature in named)


def labels_work(environment: Mapping[str, str], client: Callable[[], RekognitionClient]) -> Work:
    """The configured work; `client` is called only if Rekognition is the provider."""
    wanted = features(environment["ANALYSIS_FEATURES"])
    if environment["LABEL_PROVIDER"] != "rekognition":
        return skip("LabelProvider is none: no label service is configured.")
    if not wanted:
        return skip("AnalysisFeatures is empty: no analysis was requested.")
    return analysis_work(client(), wanted, float(environment["MIN_CONFIDENCE"]), SystemClock())
