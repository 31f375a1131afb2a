"""What is odd about a rendered prompt: media named wrongly or not at all, advice passed over, templates left over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seedspec.catalog.model import Model, plural
from seedspec.compiler.entry import Medium
from seedspec.compiler.prompt.mentions import Numbered, literal_mentions
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Span

_CHINESE = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
"""Compiled where a prompt is long enough to be counted: so wide a set takes long."""

_WORD = re.compile(r"[A-Za-z0-9][\w'’-]*")


def check_prompt(
    node: Scalar,
    prompt: str,
    model: Model,
    media: tuple[Medium, ...],
    used: frozenset[str],
    attached: Mapping[str, Span],
    problems: Problems,
    entry: str,
) -> None:
    """Findings about one rendered prompt. `used`: names given to ref(); `attached`: those under `attach`."""
    mentions = literal_mentions(prompt)
    for (kind, n), said in mentions.items():
        count = sum(m.kind == kind for m in media)
        if not 1 <= n <= count:
            have = f"{count or 'no'} {plural(kind, count)}"
            message = f"the prompt names `{said}`, but the request has {have}"
            problems.error(
                "reference-number", message, _literal(node, said), "name media with `ref('name')`", entry=entry
            )
    for m in media:
        if m.name not in used and (m.kind, m.index + 1) not in mentions:
            message = f"`{m.name}` is attached and the prompt never mentions it"
            problems.warning("reference-unmentioned", message, attached.get(m.name, m.span), entry=entry)
    if not media:
        message = "a request without any reference; this model makes videos from references"
        problems.warning("no-reference", message, node.span, entry=entry)
    if "{{" in prompt or "{%" in prompt:
        mark = "{{" if "{{" in prompt else "{%"
        message = f"`{mark}` is left over in the rendered prompt"
        note = "text from vars and axis values is not a template of its own"
        problems.warning("template-left-over", message, node.span, note, entry=entry)
    # neither count can pass its bound in a text that is shorter than the bound itself
    if len(prompt) > model.chinese_characters and not prompt.isascii():
        count = len(re.findall(_CHINESE, prompt))
        if count > model.chinese_characters:
            message = f"{count} Chinese characters; at most {model.chinese_characters} are advised"
            problems.warning("prompt-long", message, node.span, entry=entry)
    if _may_be_wordy(prompt, model) and (count := len(_WORD.findall(prompt))) > model.english_words:
        message = f"{count:,} words; at most {model.english_words:,} are advised"
        problems.warning("prompt-long", message, node.span, entry=entry)


def nothing_odd(mentions: frozenset[Numbered], media: tuple[Medium, ...], used: frozenset[str]) -> bool:
    """Whether nothing is odd about the media of a prompt whose own words name those of `mentions`."""
    there = {(m.kind, m.index + 1) for m in media}
    return bool(media) and mentions <= there and all(m.name in used or (m.kind, m.index + 1) in mentions for m in media)


def within_advice(prompt: str, model: Model) -> bool:
    """Whether a prompt is not too long, told in no time; when not, its words have to be counted."""
    return len(prompt) <= model.chinese_characters or (prompt.isascii() and not _may_be_wordy(prompt, model))


def _may_be_wordy(prompt: str, model: Model) -> bool:
    """A word is a character at least, and so is what stands between two of them."""
    return (len(prompt) + 1) // 2 > model.english_words


def _literal(node: Scalar, said: str) -> Span:
    raw, start = node.span.text, node.span.start
    at = raw.find(said)
    return Span(node.span.source, start + at, start + at + len(said)) if at >= 0 else node.span
