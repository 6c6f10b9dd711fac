"""A pytest plug-in that finds the bugs of a consumer: it delivers events in other orders, again, replayed.

    def test_no_order_duplicate_or_replay_changes_the_outcome(consumer_kit: ConsumerKit) -> None:
        consumer_kit.check(handle)

A consumer's pyproject.toml loads it: `addopts = ["-p", "imagebus.testing.consumer"]`. What it delivers, and
what it reports, is in docs/testing-consumers.md. `--consumer-seed` and `--consumer-orders` are its options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from imagebus.testing.kit.findings import Report
    from imagebus.testing.kit.memory import Handler, World

ORDERS = 200


@dataclass(frozen=True)
class ConsumerKit:
    """`template` is the consumer's template.yml: what it listens to, its stores, its environment."""

    template: Path
    seed: int = 1
    orders: int = ORDERS

    def check(self, handle: Handler, **options: Any) -> None:
        """Fails the test with the shortest deliveries that show a fault. For the options see `examine`."""
        __tracebackhide__ = True
        report = self.examine(handle, **options)
        if report.findings:
            pytest.fail(str(report), pytrace=False)

    def examine(
        self,
        handle: Handler,
        *,
        parameters: Mapping[str, str] | None = None,
        prepare: Callable[[World], None] = lambda _world: None,
        clients: Mapping[str, Any] | None = None,
    ) -> Report:
        """What is wrong with the Lambda handler.

        `parameters` are those of the template that have no default. `prepare` fills the stores before each
        run. `clients` are your own fakes, by the name of the service.
        """
        from imagebus.testing.kit.examine import examine
        from imagebus.testing.kit.memory import InMemoryRunner
        from imagebus.testing.kit.template import Template

        template = Template(self.template, parameters)
        runner = InMemoryRunner(handle, template, prepare, clients or {})
        with runner.installed():
            return examine(runner, template.detail_types, seed=self.seed, most_orders=self.orders)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("imagebus consumers")
    group.addoption("--consumer-seed", type=int, default=1, help="Seed of the random orders (1).")
    group.addoption("--consumer-orders", type=int, default=ORDERS, help=f"Orders to try, at most ({ORDERS}).")


@pytest.fixture
def consumer_kit(request: pytest.FixtureRequest) -> ConsumerKit:
    """Tests the consumer whose template.yml is in the test's folder or above it."""
    for folder in request.path.parents:
        if (template := folder / "template.yml").is_file():
            options = request.config.option
            return ConsumerKit(template, options.consumer_seed, options.consumer_orders)
    raise pytest.UsageError(f"There is no template.yml in the folders above {request.path}.")
