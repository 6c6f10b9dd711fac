"""A consumer in TypeScript, with the types of clients/typescript, bundled by esbuild."""

from __future__ import annotations

import textwrap

from imagebus.events import Contract
from tools.scaffold.consumer import Consumer
from tools.scaffold.text import summary

PLACES = {
    "template.yml": "template.yml",
    "package.json": "package.json",
    "package-lock.json": "package-lock.json",
    "tsconfig.json": "tsconfig.json",
    "gitignore": ".gitignore",
    "README.md": "README.md",
    "handler.ts": "src/handler.ts",
    "inbox.ts": "src/inbox.ts",
    "handler.test.ts": "tests/handler.test.ts",
    "inbox.test.ts": "tests/inbox.test.ts",
    "batch.ts": "tests/batch.ts",
}
#: A copy of its own: the consumer is built and tested without the checkout.
COPIES = {"clients/typescript/src/events.ts": "src/events.ts"}


def values(consumer: Consumer) -> dict[str, str]:
    """What its templates have beyond the values of every language."""
    return {
        "handlers": "\n".join(_handler(model) for model in consumer.events),
        "cases": "".join(f"  {model.detail_type}: on{model.detail_type},\n" for model in consumer.events),
    }


def _handler(model: type[Contract]) -> str:
    lines = textwrap.wrap(summary(model), width=115)
    said = f"/** {lines[0]} */" if len(lines) == 1 else "\n * ".join(["/**", *lines]) + "\n */"
    return f"""\
{said}
async function on{model.detail_type}(event: EventOf<"{model.detail_type}">): Promise<void> {{
  log("received", about(event));
}}
"""
