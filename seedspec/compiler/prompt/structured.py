"""A prompt that is written as a mapping of its parts, where each key of such a mapping is a video of its own."""

from __future__ import annotations

import re

from seedspec.compiler.matrix.grid import Grid
from seedspec.compiler.storyboard.types import Axis, Shot
from seedspec.text import later
from seedspec.text.diagnostic import Problems, list_words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTS = _words(
    "subject subjects character characters scene scenes scenery action actions movement motion camera "
    "camera_movement camera_motion camera_work camera_angle shot shot_type shot_size framing lens composition "
    "angle lighting light style visual_style art_style look mood tone atmosphere ambiance emotion setting "
    "location environment background foreground context time time_of_day weather color colors colour palette "
    "color_palette color_grade texture details detail description audio sound sounds sound_effects sfx music bgm "
    "voice voiceover voice_over dialogue dialog narration text on_screen_text caption negative negative_prompt "
    "positive positive_prompt avoid constraints quality format aspect_ratio duration fps pacing transition "
    "transitions effects props wardrobe costume pose expression keywords prompt instructions output role goal "
    "task opening ending beat beats timeline "
)
"""Keys of structured prompts, in the manner of guides and tools that write a prompt as JSON."""

_CLEARLY = _PARTS - _words(
    "style look mood tone light quality format text prompt music voice angle lens weather time opening ending "
)
"""Those that nobody compares with one another; the rest may be variants: `{mood: …, tone: …}`."""


_WRAPPERS = _words("text prompt template content value string raw body message")
"""Names that others give the text of a prompt: alone in a mapping, they are no label of a variant."""

_MESSAGE = _words("role content name type text raw label id template prompt file path weight model provider")
"""Keys of a prompt as a message of a chat, or with its name beside it."""

_UNIT = r"(?:_?s(?:ec(?:onds?)?)?)?"
_TIME = later.pattern(rf"\d+(?:[.:]\d+)?{_UNIT}(?:_to_|_)\d+(?:[.:]\d+)?{_UNIT}")
"""A stretch of time, `0-2s`, with `_` for `-`: with others, and the first from 0, it is a part of one video."""


def check_parts(shot: Shot, grid: Grid, problems: Problems) -> bool:
    """Warns of a prompt mapping whose keys are parts of one prompt; whether it is one."""
    axis = next((a for a in shot.axes if a.name == "prompt"), None)
    if axis is None:
        return False
    keys = list(axis.values)
    told = [re.sub(r"[\s-]+", "_", k.lower()) for k in keys]
    if len(keys) == 1:
        return _check_wrapper(keys[0], told[0], axis, problems)
    parts = [k for k in told if k in _PARTS]
    whole = len(parts) >= 2 and len(parts) * 2 > len(keys) and not _CLEARLY.isdisjoint(parts)
    message_of_chat = _MESSAGE.issuperset(told) and not {"role", "raw", "label", "id"}.isdisjoint(told)
    if not (whole or message_of_chat or (told[0].startswith("0") and all(_TIME.fullmatch(k) for k in told))):
        return False
    rows = grid.arithmetic.rows
    message = f"{list_words(keys).replace(' or ', ' and ')} are {len(keys)} variants, each bought alone: {rows} videos"
    notes = (
        "parts of one prompt are one text: write them under `prompt: |`",
        "for variants, use labels that say what is compared",
    )
    problems.warning("prompt-parts", message, axis.span, *notes)
    return True


def _check_wrapper(key: str, told: str, axis: Axis, problems: Problems) -> bool:
    """Warns of a mapping with one text under a name that says nothing of a variant."""
    if told not in _WRAPPERS:
        return False
    message = f"`{key}` is one label of variants here, so that it stands in the name of each video"
    problems.warning("prompt-parts", message, axis.span, "write the text directly: `prompt: |`, and the text below")
    return False
