"""The contact sheet: one page without scripts that loads only the images beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from urllib.parse import quote

from imagebus.history.recorded import RecordedEvent
from imagebus.history.timeline import timeline
from imagebus_cli.demo.result import DemoResult
from imagebus_cli.output.text import bytes_text, count, visible

#: About the width of a card: the thumbnail closest to it is shown.
SHOWN_WIDTH = 480


@dataclass(frozen=True)
class Card:
    """`files` maps the names of derived images to paths relative to the page."""

    result: DemoResult
    events: Sequence[RecordedEvent]
    files: Mapping[str, str]


def render(cards: Sequence[Card]) -> str:
    """The page as HTML. Text from keys and images is escaped."""
    counts: dict[str, int] = {}
    for card in cards:
        counts[card.result.status] = counts.get(card.result.status, 0) + 1
    summary = " ".join(_badge(status, f"{count} {status}") for status, count in sorted(counts.items()))
    style = files("imagebus_cli.demo").joinpath("sheet.css").read_text(encoding="utf-8")
    body = "\n".join(_card(card) for card in cards)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>imagebus: {count(len(cards), "image")}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>imagebus</h1><p>{count(len(cards), "image")} {summary}</p></header>
<main>
{body}
</main>
</body>
</html>
"""


def _card(card: Card) -> str:
    result, item = card.result, card.result.item or {}
    facts = [str(item["format"])] if "format" in item else []
    if "width" in item:
        facts.append(f"{item['width']}×{item['height']}")
    if "size" in item:
        facts.append(bytes_text(item["size"]))
    if result.seconds is not None:
        facts.append(f"{result.seconds:.2f} s")
    return f"""<article>
{_picture(card)}
<h2 dir="auto">{escape(visible(result.key))}</h2>
<p>{_badge(result.status, f"{result.status} {result.reason}".rstrip())} {escape(" · ".join(facts))}</p>
{_why(item)}{_colours(item)}{_links(card)}{_events(card)}</article>"""


def _badge(status: str, text: str) -> str:
    return f'<span class="badge {escape(status)}">{escape(text)}</span>'


def _picture(card: Card) -> str:
    thumbnails = [
        each for each in (card.result.item or {}).get("thumbnails", ()) if each["name"] in card.files
    ]
    if not thumbnails:
        return f'<div class="picture none">{escape(card.result.status)}</div>'
    best = min(thumbnails, key=lambda each: abs(int(each["width"]) - SHOWN_WIDTH))
    path = card.files.get("watermarked") or card.files[best["name"]]
    source = _url(card.files[best["name"]])
    size = f'width="{int(best["width"])}" height="{int(best["height"])}"'
    image = f'<img src="{source}" alt="{escape(visible(card.result.key))}" {size} loading="lazy">'
    return f'<a class="picture" href="{_url(path)}">{image}</a>'


def _why(item: Mapping[str, object]) -> str:
    rejection = item.get("rejection")
    detail = rejection.get("detail") if isinstance(rejection, Mapping) else None
    return f'<p class="why">{escape(str(detail))}</p>\n' if detail else ""


def _colours(item: Mapping[str, object]) -> str:
    metadata = item.get("metadata")
    colours = metadata.get("dominant_colors", ()) if isinstance(metadata, Mapping) else ()
    spots = "".join(f'<i style="background:{escape(str(colour))}"></i>' for colour in colours)
    return f'<p class="colours" aria-hidden="true">{spots}</p>\n' if spots else ""


def _links(card: Card) -> str:
    links = " ".join(f'<a href="{_url(path)}">{escape(name)}</a>' for name, path in card.files.items())
    return f'<p class="links">{links}</p>\n' if links else ""


def _events(card: Card) -> str:
    moments = timeline(card.events)
    if not moments:
        return ""
    whole = max(1, *(moment.end_ms for moment in moments))
    rows = []
    for moment in moments:
        left, width = 100 * moment.start_ms / whole, max(0.6, 100 * moment.own_ms / whole)
        bar = f'<i style="left:{min(left, 99.4):.1f}%;width:{min(width, 100 - min(left, 99.4)):.1f}%"></i>'
        name = f'<td style="padding-left:{moment.depth * 0.8:.1f}em">{escape(moment.event.detail_type)}</td>'
        rows.append(f'<tr>{name}<td>{escape(moment.producer)}</td><td class="n">{moment.end_ms} ms</td>')
        rows.append(f'<td class="bar">{bar}</td></tr>')
    summary = f"<summary>{count(len(moments), 'event')}, {whole} ms</summary>"
    return f"<details>{summary}<table>{''.join(rows)}</table></details>\n"


def _url(path: str) -> str:
    return escape(quote(path))
