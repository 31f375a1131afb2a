"""What is odd about a rendered prompt: media named wrongly or not at all, advice passed over, templates left over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from seedspec.catalog.model import Model
from seedspec.catalog.slot import plural
from seedspec.compiler.entry import Medium
from seedspec.compiler.prompt.mentions import Certainty, Mention, literal_mentions
from seedspec.compiler.prompt.origins import Origins
from seedspec.compiler.prompt.partial import PartialPrompt, Prompt
from seedspec.compiler.storyboard.swallowed_text import swallowed_comment
from seedspec.text import later
from seedspec.text.diagnostic import EVERYTHING, Problems
from seedspec.text.node import Scalar
from seedspec.text.source import Span
from seedspec.text.yaml_characters import UNPRINTABLE

_CHINESE = "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
"""Compiled where a prompt is long enough to be counted: so wide a set takes long."""

_LEFT_OVER = later.pattern(r"\{\{[^\n{}]{0,60}\}\}|\{%[^\n{}]{0,60}%\}|\{\{|\{%")
_WORD = later.pattern(r"[A-Za-z0-9][\w'’-]*")


class PromptLint:
    """Looks over the rendered prompts of a shot. `attached` are the names under `attach`, each with its place."""

    def __init__(self, attached: Mapping[str, Span], origins: Origins, problems: Problems) -> None:
        self._attached, self._origins, self._problems = attached, origins, problems
        self._meant: dict[int, frozenset[str]] = {}

    def expect(self, node: Scalar, names: frozenset[str]) -> None:
        """References that a prompt means in words that are no template, which was reported."""
        self._meant[id(node)] = names

    def has_remarks(self, prompt: PartialPrompt | Prompt, media: tuple[Medium, ...], model: Model) -> bool:
        """Whether `check` may remark on the media of a prompt; of a partial one, where it names no more of them."""
        if (mentions := prompt.mentions) is None:
            return True
        there = {(m.kind, m.number) for m in media}
        known = all(m.name in prompt.used or (m.kind, m.number) in mentions or not _is_named(m, model) for m in media)
        return not (media and mentions <= there and known)

    def is_long(self, prompt: Prompt, model: Model) -> bool:
        """Whether only `check` can tell that a prompt is not too long."""
        text = prompt.value
        short = len(text) <= model.chinese_characters or (text.isascii() and not _may_be_wordy(text, model))
        return not short

    def check(self, node: Scalar, prompt: Prompt, media: tuple[Medium, ...], model: Model, entry: str) -> None:
        """Reports what is odd about one rendered prompt, with the entry's address."""
        text, problems = prompt.value, self._problems
        mentions = literal_mentions(text) if prompt.mentions != frozenset() else {}
        named = self._check_numbers(node, prompt, media, mentions.values(), entry)
        meant = self._meant.get(id(node), frozenset())
        for m in media:
            if m.name not in prompt.used | meant and (m.kind, m.number) not in mentions and _is_named(m, model):
                message = f"`{m.name}` is attached and the prompt never mentions it"
                problems.warning("reference-unmentioned", message, self._attached.get(m.name, m.span), entry=entry)
        if _wants_media(model) and not (media or meant or named or _is_cut_before_ref(node)):
            message = "a request without any reference; this model makes videos from references"
            problems.warning("no-reference", message, node.span, entry=entry)
        if left := _LEFT_OVER.search(text):
            message = f"`{left[0]}` is left over in the rendered prompt"
            note = "text from vars and axis values is not a template of its own: write it in the prompt"
            problems.mean(*re.findall(r"\w+", left[0]))
            place = self._origins.place_of_value(node, left[0], prompt.partial.template.names)
            problems.warning("template-left-over", message, place, note, entry=entry)
        for character in dict.fromkeys(UNPRINTABLE.findall(text)):
            if not "\ud800" <= character <= "\udfff":  # half of a surrogate pair is told by itself
                self._report_character(node, prompt, character, entry)
        # neither count can pass its bound in a text that is shorter than the bound itself
        if len(text) > model.chinese_characters and not text.isascii():
            count = len(re.findall(_CHINESE, text))
            if count > model.chinese_characters:
                message = f"{count} Chinese characters; at most {model.chinese_characters} are advised"
                problems.warning("prompt-long", message, node.span, entry=entry)
        if _may_be_wordy(text, model) and (count := len(_WORD.findall(text))) > model.english_words:
            message = f"{count:,} words; at most {model.english_words:,} are advised"
            problems.warning("prompt-long", message, node.span, entry=entry)

    def _report_character(self, node: Scalar, prompt: Prompt, character: str, entry: str) -> None:
        """A character that YAML refuses in a file, and that an escape in double quotes has made."""
        from seedspec.text.lookalike import name_character

        span = self._origins.place_of_character(node, character, prompt.partial.template.names)
        note, said = "delete it", span.text
        if re.fullmatch(r"\\[0abefvx]\w*", said):
            note = f"in double quotes `{said}` is this character; write `\\{said}` for a backslash, or single quotes"
        message = f"the rendered prompt holds the character {name_character(character)}, which is no text"
        self._problems.error("control-character", message, span, note, entry=entry)

    def _check_numbers(
        self, node: Scalar, prompt: Prompt, media: tuple[Medium, ...], mentions: Iterable[Mention], entry: str
    ) -> bool:
        """Reports media by numbers that the request does not have: one finding for each place, the surest.

        Whether one was certain: then a reference is meant by it, though it is not known which.
        """
        certain = False
        if any(map(self._problems.is_set_aside, ("attach", "references"))):
            return True  # the media that are named may stand there
        places: set[int] = set()
        for m in sorted(mentions, key=lambda m: -m.certainty):
            count = sum(one.kind == m.kind for one in media)
            if 1 <= m.number <= count or m.start in places or (m.certainty is Certainty.ORDINAL and not count):
                continue
            places.add(m.start)
            said, have = prompt.value[m.start : m.end], f"{count or 'no'} {plural(m.kind, count)}"
            span = self._place(node, said, prompt)
            if m.certainty is Certainty.CERTAIN:
                message, note = (
                    f"the prompt names `{said}`, but the request has {have}",
                    "name media with `ref('name')`",
                )
                self._problems.error("reference-number", message, span, note, entry=entry)
                self._problems.mean(EVERYTHING)
                certain = True
            else:
                message = f"`{said}` reads like a medium of the request, which has {have}"
                note = "name media with `ref('name')`, or use other words if no medium is meant"
                self._problems.warning("reference-number-unclear", message, span, note, entry=entry)
        return certain

    def _place(self, node: Scalar, said: str, prompt: Prompt) -> Span:
        return self._origins.place(node, said, prompt.partial.template.names)


def _is_cut_before_ref(node: Scalar) -> bool:
    """Whether YAML ends the prompt before a `ref(…)` that belongs to it, which was told."""
    return (cut := swallowed_comment(node)) is not None and "ref(" in cut.text


def _is_named(medium: Medium, model: Model) -> bool:
    """Whether a prompt has to name a medium: what goes to a slot without words it need not."""
    slot = model.slots.get(medium.slot)
    return slot is None or bool(slot.words)


def _wants_media(model: Model) -> bool:
    return any(slot.words for slot in model.slots.values())


def _may_be_wordy(prompt: str, model: Model) -> bool:
    """A word is a character at least, and so is what stands between two of them."""
    return (len(prompt) + 1) // 2 > model.english_words
