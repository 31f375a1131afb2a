"""Names that promise an effect which they do not have here, as authors bring them from other tools, and what has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seedspec.compiler.storyboard.types import Axis
from seedspec.text.diagnostic import Problems

_QUALITY, _RATIO, _SECONDS, _SOUND = (
    f"the field for it is `{field}`" for field in ("quality", "aspect_ratio", "duration", "generate_audio")
)
_PROMPT = "the model has no field for it: say it in the prompt"
_TAKES = "for more videos of one request write `takes`, as `takes: 4`"

REFUSED = ("seed", "resolution")
"""Axes that a template can give no meaning to: whoever sweeps one believes that the service is told."""

_INSTEAD: Mapping[str, str] = {
    "seed": f"the model takes no seed; {_TAKES}",
    "resolution": _QUALITY, "size": _QUALITY, "definition": _QUALITY,
    "ratio": _RATIO, "aspect": _RATIO, "orientation": _RATIO, "format": _RATIO,
    "length": _SECONDS, "seconds": _SECONDS, "frames": _SECONDS, "num_frames": _SECONDS,
    "audio": _SOUND, "sound": _SOUND, "with_audio": _SOUND, "voice": _PROMPT,
    "n": _TAKES, "count": _TAKES, "num_videos": _TAKES, "take": _TAKES, "takes": _TAKES,
    "fps": "the model makes every video with the same number of frames in a second",
    "frame_rate": "the model makes every video with the same number of frames in a second",
    "negative_prompt": "the model has no field for it: say in the prompt what must not be seen",
    "negative": "the model has no field for it: say in the prompt what must not be seen",
    "camera_fixed": _PROMPT, "guidance_scale": _PROMPT,
    "cfg": _PROMPT, "cfg_scale": _PROMPT, "steps": _PROMPT, "watermark": _PROMPT,
}  # fmt: skip


def promise_of(name: str) -> str:
    """What an author who writes this name wants to have, and how it is had; "" for a name that promises nothing."""
    return _INSTEAD.get(name.casefold(), "")


def check_axis_names(axes: Iterable[Axis], fields: Iterable[str], problems: Problems) -> None:
    """Refuses axes whose names promise what no request holds, also where a template reads them."""
    known = frozenset(fields)
    for axis in axes:
        if axis.name.casefold() in REFUSED and axis.name not in known:
            message = f"axis `{axis.name}` sets no field of the request; expected another name"
            problems.error("axis-name", message, axis.span, promise_of(axis.name))
