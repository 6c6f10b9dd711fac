"""What kinds of run there are: each is a set of faults and of things that people do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from tests.simulation.weather import ORDINARY, ROUGH, Choices, Weather, draw

#: Has no divisor in common with the sum of all shares.
MIX = 37


@dataclass(frozen=True)
class Mode:
    """`incidents`: method of Story -> its chance. `share`: how many of a hundred seeds are of this mode."""

    says: str
    choices: Choices = field(default_factory=dict)
    incidents: Mapping[str, float] = field(default_factory=dict)
    share: int = 3
    #: faults stop after this many virtual seconds, or never; by default when everything is at rest
    faults_stop: float | None = None
    #: how the run ends: an operator retries what failed, or nobody does, or it is cut off
    ends: str = "operator"

    def weather(self, random: Random) -> Weather:
        return draw(random, self.choices)


MODES: Mapping[str, Mode] = {
    "calm": Mode(
        "no faults, so that the logic alone is tested",
        ORDINARY,
        {"outage": 0.2, "rebuild": 0.1, "change_recipes": 0.1},
        share=10,
    ),
    "deaths": Mode("one upload; functions die at given side effects, and no sweeper helps", share=15),
    "rough": Mode(
        "crashes, throttling, lost answers, delays, duplicates and refused events, all at once",
        ROUGH,
        {
            "outage": 0.15,
            "outage_and_redrive": 0.15,
            "send_poison": 0.1,
            "rebuild": 0.1,
            "change_recipes": 0.1,
        },
        share=15,
    ),
    "replays": Mode(
        "replays to the recorder and to everybody, a lost table, rebuilds",
        ROUGH,
        {"replay": 0.3, "replay_to_all": 0.3, "lose_table": 0.3, "rebuild": 0.3, "change_recipes": 0.3},
        share=8,
    ),
    "safety": Mode(
        "faults never stop: nothing wrong is ever shown or announced",
        ROUGH | {"crash": (0.05, 0.1), "throttle": (0.1,), "lost": (0, 0.02), "duplicate": (0.3,)},
        {"outage": 0.3, "replay_to_all": 0.3, "rebuild": 0.2, "change_recipes": 0.3},
        ends="cut off",
    ),
    "liveness": Mode(
        "faults stop at a moment: then every image finishes within an hour, without an operator",
        ROUGH | {"lost": (0, 0.03)},
        {"outage": 0.3},
        faults_stop=120,
        ends="nobody",
        share=5,
    ),
    "skew": Mode(
        "the clocks of machines differ by up to five seconds, drift, and are set while functions run",
        ORDINARY | {"skew": (1, 5), "duplicate": (0, 0.2), "late": (0, 0.1), "crash": (0, 0.01)},
        {"lose_table": 0.3, "outage": 0.2, "change_recipes": 0.3},
    ),
    "late": Mode(
        "deliveries hours to days late, duplicates at once in two workers, visibility that ends too early",
        ORDINARY
        | {"very_late": (0.02, 0.1), "duplicate": (0.1, 0.5), "visibility": (20,), "hang": (0, 0.05)},
        {"replay": 0.2, "change_recipes": 0.3},
    ),
    "stale": Mode(
        "reads from indexes, and all that are not consistent, see the past",
        ORDINARY | {"lag": (0.5, 5, 120), "crash": (0, 0.02), "duplicate": (0, 0.2)},
        {"rebuild": 0.5, "outage": 0.3, "change_recipes": 0.3},
    ),
    "lost answers": Mode(
        "the SDK repeats calls whose answers were lost",
        ORDINARY | {"lost_answer": (0.05, 0.2), "sdk_retries": (True,)},
        {"outage": 0.1, "change_recipes": 0.3},
    ),
    "deployments": Mode(
        "old and new code and settings at the same time, and a new set of required facts",
        ORDINARY | {"duplicate": (0.2, 0.5), "late": (0, 0.2), "crash": (0, 0.02)},
        {"deploy": 1, "outage": 0.5, "replay_to_all": 0.3, "change_recipes": 0.3},
    ),
    "erasures": Mode(
        "images are erased at any moment, during replays too",
        ROUGH | {"names_versions": (True,), "lost_answer": (0,)},
        {
            "erase_often": 1,
            "replay_to_all": 0.4,
            "lose_table": 0.3,
            "rebuild": 0.3,
            "outage": 0.2,
            "change_recipes": 0.2,
        },
        share=6,
    ),
    "throttling": Mode("AWS refuses many calls", ORDINARY | {"throttle": (0.05, 0.15), "refused": (0.3,)}),
    "overwrites": Mode(
        "users overwrite and delete images exactly while workers write",
        ORDINARY | {"overwrites": (0.2, 0.6), "slow": (0, 0.3), "late": (0, 0.2)},
        {"change_recipes": 0.3},
        share=5,
    ),
    "lost messages": Mode(
        "messages vanish, those of S3 too: the sweeper and a replay find what is missing",
        ORDINARY | {"lost": (0.02, 0.1), "duplicate": (0, 0.1)},
        share=4,
    ),
    "holes": Mode(
        "the ledger has expired, and parts of the archive have",
        ORDINARY | {"crash": (0, 0.01)},
        {"lose_archive": 1, "expire_ledger": 0.5, "replay": 1, "rebuild": 0.3},
    ),
    "conflicts": Mode(
        "writes meet transactions and each other",
        ORDINARY | {"conflict": (0.1, 0.3), "concurrency": (10,), "duplicate": (0.3,)},
        {"rebuild": 1},
    ),
    "backlog": Mode(
        "the recorder's backlog outlives a replay",
        ORDINARY,
        {"replay_with_backlog": 1},
    ),
    "many": Mode("more images are due than one batch of a sweep has", {}, {"many": 1}, share=1),
    "imports": Mode(
        "an existing bucket is imported; imports die, repeat and overlap, while users go on",
        ORDINARY
        | {"crash": (0, 0.02, 0.05), "throttle": (0, 0.05), "duplicate": (0, 0.3), "lost_answer": (0, 0.1)},
        {"adopt": 1, "outage": 0.2, "lose_table": 0.1, "rebuild": 0.2, "change_recipes": 0.2},
    ),
    "recipes": Mode(
        "operators change recipes: they prepare, switch, go back and prune, at once and while users go on",
        ROUGH | {"duplicate": (0.1, 0.3), "late": (0.1, 0.3)},
        {
            "change_recipes": 1,
            "promote_during_uploads": 0.3,
            "outage": 0.2,
            "replay_to_all": 0.1,
            "deploy": 0.2,
        },
        share=10,
    ),
    "poison": Mode("messages that are not events", ORDINARY | {"duplicate": (0, 0.2)}, {"send_poison": 1}),
}


def mode_of(seed: int) -> str:
    """Which mode a seed has if none is named: every hundred seeds have all, mixed, by their shares."""
    shares = sum(mode.share for mode in MODES.values())
    number = seed * MIX % shares
    for name, mode in MODES.items():
        number -= mode.share
        if number < 0:
            return name
    raise AssertionError
