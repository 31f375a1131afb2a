"""What is odd about a rendered prompt: media named wrongly or not at all, advice passed over, templates left over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from seedspec.catalog.model import Model, plural
from seedspec.compiler.entry import Medium
from seedspec.compiler.prompt.mentions import literal_mentions
from seedspec.compiler.prompt.partial import PartialPrompt, Prompt
from seedspec.text.diagnostic import Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Span

_CHINESE = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
"""Compiled where a prompt is long enough to be counted: so wide a set takes long."""

_WORD = re.compile(r"[A-Za-z0-9][\w'’-]*")


class PromptLint:
    """Looks over the rendered prompts of a shot. `attached` are the names under `attach`, each with its place."""

    def __init__(self, model: Model, attached: Mapping[str, Span], problems: Problems) -> None:
        self._model, self._attached, self._problems = model, attached, problems

    def has_remarks(self, partial: PartialPrompt, media: tuple[Medium, ...]) -> bool:
        """Whether `check` may remark on the media of a prompt that names no more of them than its partial prompt."""
        if partial.mentions is None:
            return True
        there, mentions = {(m.kind, m.index + 1) for m in media}, partial.mentions
        known = all(m.name in partial.used or (m.kind, m.index + 1) in mentions for m in media)
        return not (media and mentions <= there and known)

    def needs_check(self, prompt: Prompt) -> bool:
        """Whether only `check` can tell what there is to remark on a prompt: it may be long, or names media itself."""
        text, model = prompt.value, self._model
        if prompt.mentions is not prompt.partial.mentions:
            return True
        short = len(text) <= model.chinese_characters or (text.isascii() and not _may_be_wordy(text, model))
        return not short

    def check(self, node: Scalar, prompt: Prompt, media: tuple[Medium, ...], entry: str) -> None:
        """Reports what is odd about one rendered prompt, with the entry's address."""
        text, problems, model = prompt.value, self._problems, self._model
        mentions = literal_mentions(text)
        for (kind, n), said in mentions.items():
            count = sum(m.kind == kind for m in media)
            if not 1 <= n <= count:
                have = f"{count or 'no'} {plural(kind, count)}"
                message = f"the prompt names `{said}`, but the request has {have}"
                problems.error(
                    "reference-number", message, _literal(node, said), "name media with `ref('name')`", entry=entry
                )
        for m in media:
            if m.name not in prompt.used and (m.kind, m.index + 1) not in mentions:
                message = f"`{m.name}` is attached and the prompt never mentions it"
                problems.warning("reference-unmentioned", message, self._attached.get(m.name, m.span), entry=entry)
        if not media:
            message = "a request without any reference; this model makes videos from references"
            problems.warning("no-reference", message, node.span, entry=entry)
        if "{{" in text or "{%" in text:
            mark = "{{" if "{{" in text else "{%"
            message = f"`{mark}` is left over in the rendered prompt"
            note = "text from vars and axis values is not a template of its own"
            problems.warning("template-left-over", message, node.span, note, entry=entry)
        # neither count can pass its bound in a text that is shorter than the bound itself
        if len(text) > model.chinese_characters and not text.isascii():
            count = len(re.findall(_CHINESE, text))
            if count > model.chinese_characters:
                message = f"{count} Chinese characters; at most {model.chinese_characters} are advised"
                problems.warning("prompt-long", message, node.span, entry=entry)
        if _may_be_wordy(text, model) and (count := len(_WORD.findall(text))) > model.english_words:
            message = f"{count:,} words; at most {model.english_words:,} are advised"
            problems.warning("prompt-long", message, node.span, entry=entry)


def _may_be_wordy(prompt: str, model: Model) -> bool:
    """A word is a character at least, and so is what stands between two of them."""
    return (len(prompt) + 1) // 2 > model.english_words


def _literal(node: Scalar, said: str) -> Span:
    raw, start = node.span.text, node.span.start
    at = raw.find(said)
    return Span(node.span.source, start + at, start + at + len(said)) if at >= 0 else node.span
