"""The preview as one HTML text: no script, one style that is allowed by its hash, pictures inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedspec.catalog.price import Cost, Rate
from seedspec.compiler.entry import Medium, frame_words
from seedspec.report.money import both, credits, dollars, say_prices
from seedspec.report.page.content import WORDS, without_query
from seedspec.report.page.page import data_url, escape, hash_of, read
from seedspec.report.preview.content import Preview, Row, Shot

STYLES = ("base.css", "preview.css")
"""The tokens and the frame of the review page, and what the preview has of its own; both stand beside that page."""
_MANY = 200
"""Rows above which a browser draws those alone that are on the screen."""
_NOTES = {
    "all": "",
    "text": "Its texts have little in common: words are marked that differ within one text.",
    "none": "Its prompts have little in common, so no words are marked.",
}
_SIGNS = {"image": "image", "video": "video", "audio": "sound"}


def parts(preview: Preview, thumbnails: Mapping[str, bytes]) -> Iterator[str]:
    """The page in pieces. The same input gives the same text.

    `thumbnails` are WebP files by what a medium is known by (`Medium.item`); a medium without one is named alone.
    """
    style = read(*STYLES)
    policy = {
        "default-src": "'none'",
        "style-src": hash_of(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    numbers = {item: f"m{at}" for at, item in enumerate(thumbnails)}
    title = f"{preview.board.name} · preview"
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(f"{k} {v}" for k, v in policy.items())}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>{style}</style>\n</head>\n<body>\n'
    )
    yield from _head(preview)
    many = sum(len(shot.rows) for shot in preview.shots) > _MANY
    yield f'<main id="main" tabindex="-1"{" class=many" * many}>\n'
    if numbers:
        yield '<svg class="unseen" aria-hidden="true" focusable="false">\n'
        for item, number in numbers.items():
            picture = f'<image width="96" height="96" href="{data_url(thumbnails[item])}"/>'
            yield f'<symbol id="{number}" viewBox="0 0 96 96">{picture}</symbol>\n'
        yield "</svg>\n"
    for at, shot in enumerate(preview.shots):
        yield from _shot(shot, at, preview, numbers)
    if not preview.shots:
        yield '<p class="empty">No entry.</p>\n'
    yield (
        "</main>\n"
        '<footer class="bottom"><p>Prompts stand here word for word as they are sent. Marked words differ between the'
        " variants of a shot.</p><p>made by <code>seedspec compile --preview</code></p></footer>\n</body>\n</html>\n"
    )


def _head(preview: Preview) -> Iterator[str]:
    rate = preview.board.rate
    yield '<a class="skip" href="#main">Skip to the prompts</a>\n<header class="top">\n'
    yield f'<div class="board"><h1><bdi>{escape(preview.board.name)}</bdi></h1>'
    yield f'<p class="soft"><bdi>{escape(_name_models(preview))}</bdi></p></div>\n'
    yield f'<dl class="sums">{_sum(_count(preview.entries, "entry", "entries"), preview.cost, rate)}'
    if preview.bought or preview.buys != preview.entries:
        yield _sum(f"{preview.buys:,} of them to buy", preview.buying, rate)
    yield f'</dl>\n<p class="soft">{escape(say_prices(rate))}'
    yield "" if preview.bought else "; nothing of it is bought"
    yield "</p>\n</header>\n"
    if len(preview.shots) > 1:
        yield '<nav class="shots" aria-label="Shots"><ul>\n'
        for at, shot in enumerate(preview.shots):
            price = escape(dollars(shot.cost, rate) or "unpriced")
            yield f'<li><a href="#s{at}"><bdi>{escape(shot.name)}</bdi> <span class="soft">{price}</span></a></li>\n'
        yield "</ul></nav>\n"


def _name_models(preview: Preview) -> str:
    """The models, and the profile where there is one."""
    models = dict.fromkeys(row.entry.model.id for shot in preview.shots for row in shot.rows)
    profile = preview.board.profile
    return ", ".join(models) + (f", profile {profile.name}" if profile is not None else "")


def _sum(words: str, cost: Cost, rate: Rate) -> str:
    return f"<div><dt>{escape(words)}</dt><dd>{escape(both(cost, rate))}</dd></div>"


def _shot(shot: Shot, at: int, preview: Preview, numbers: Mapping[str, str]) -> Iterator[str]:
    rate, entries = preview.board.rate, sum(len(row.takes) for row in shot.rows)
    counted = _count(len(shot.rows), "variant", "variants")
    if entries != len(shot.rows):
        counted += f", {_count(entries, 'entry', 'entries')}"
    yield f'<section class="shot" id="s{at}" aria-labelledby="s{at}-name">\n<header class="of-shot">'
    yield f'<h2 id="s{at}-name"><bdi>{escape(shot.name)}</bdi></h2><p>{escape(counted)}</p>'
    yield f'<p class="price">{escape(both(shot.cost, rate))}</p></header>\n'
    yield _fields(shot.fields)
    if (note := _NOTES[shot.compared]) and len(shot.rows) > 1:
        yield f'<p class="soft note">{note}</p>\n'
    for row in shot.rows:
        yield from _row(row, rate, preview, numbers)
    yield "</section>\n"


def _row(row: Row, rate: Rate, preview: Preview, numbers: Mapping[str, str]) -> Iterator[str]:
    entry, takes = row.entry, len(row.takes)
    labels = "".join(
        f'<span class="label"><bdi class="soft">{escape(axis)}</bdi> <bdi>{escape(label)}</bdi></span> '
        for axis, label in entry.labels
    )
    yield f'<article class="row">\n<header><h3>{labels or "<span>all rows</span> "}'
    if takes > 1 or entry.take > 1:
        yield f'<span class="soft">{_takes([t.entry.take for t in row.takes])}</span>'
    yield f'</h3><p class="price">{_price(entry.cost, takes, rate)}</p></header>\n'
    yield f'<p class="prompt" dir="auto">{"".join(_stretch(differs, text) for differs, text in row.runs)}</p>\n'
    yield _fields(row.fields)
    if entry.media:
        yield '<ul class="media" aria-label="Media">\n'
        yield from (_medium(medium, numbers) for medium in entry.media)
        yield "</ul>\n"
    yield from _states(row, preview)
    yield "</article>\n"


def _stretch(differs: bool, text: str) -> str:
    return f"<mark>{escape(text)}</mark>" if differs else escape(text)


def _takes(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"take {numbers[0]}"
    in_a_row = numbers[-1] - numbers[0] == len(numbers) - 1
    return f"takes {f'{numbers[0]}–{numbers[-1]}' if in_a_row else ', '.join(map(str, numbers))}"


def _price(cost: Cost, takes: int, rate: Rate) -> str:
    one = dollars(cost, rate)
    if not one:
        return "unpriced"
    many = f"{takes} × " if takes > 1 else ""
    return f'{many}<strong>{escape(one)}</strong> <span class="soft">{escape(credits(cost, rate))} credits</span>'


def _fields(fields: Mapping[str, Any]) -> str:
    if not fields:
        return ""
    pairs = (f"<div><dt>{escape(k)}</dt><dd><bdi>{escape(_value(v))}</bdi></dd></div>" for k, v in fields.items())
    return f'<dl class="fields">{"".join(pairs)}</dl>\n'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_query(str(value))


def _medium(medium: Medium, numbers: Mapping[str, str]) -> str:
    name = escape(medium.name)
    known = numbers.get(medium.item)
    shown = (
        f'<svg class="thumb" role="img" aria-label="{name}"><use href="#{known}"/></svg>'
        if known
        else f'<span class="thumb none" aria-hidden="true">{_SIGNS[medium.kind]}</span>'
    )
    where = {
        "file": medium.where,
        "url": without_query(medium.where),
        "shot": f"{frame_words(medium.frame) if medium.frame else 'video'} of {medium.where}",
    }[medium.source]
    length = f", {medium.seconds:g} s" if medium.seconds is not None else ""
    return (
        f"<li>{shown}<span><bdi>{name}</bdi>{length}<br>"
        f'<span class="soft">{escape(medium.place)} · <bdi>{escape(where)}</bdi></span></span></li>\n'
    )


def _states(row: Row, preview: Preview) -> Iterator[str]:
    """Where its takes stand: what is bought, what keeps one from being bought, and what is bought with another one."""
    lines: dict[str, list[int]] = {}
    for take in row.takes:
        said = []
        if preview.bought or take.state == "held":
            said.append(f"<strong>{escape(WORDS[take.state])}</strong>")
            said += [] if take.state in ("saved", "new") else [escape(take.reason)]
        if (other := preview.twins.get(take.entry.address)) is not None:
            said.append(f"the same request as <bdi>{escape(other)}</bdi>: bought once")
        if said:
            lines.setdefault(f'<span class="state-{take.state}">{" · ".join(said)}</span>', []).append(take.entry.take)
    if not lines:
        return
    yield '<ul class="states">\n'
    for line, numbers in lines.items():
        whole = len(numbers) == len(row.takes)
        yield f"<li>{'' if whole else f'{_takes(numbers)}: '}{line}</li>\n"
    yield "</ul>\n"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
