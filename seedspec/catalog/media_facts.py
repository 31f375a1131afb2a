"""What is known of a medium, as one value: declared by a storyboard, found in a file, or foreseen of a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seedspec.text.value import valueclass

_NAMES = ("seconds", "width", "height", "fps", "bytes", "fps_least", "fps_most", "behind")


@valueclass(frozen=True, slots=True)
class MediaFacts:
    """The measures of a medium; None for what is not known.

    `width` and `height` are in pixels as displayed, `seconds` is the length. `fps` is the average number of frames in a
    second, `fps_least` and `fps_most` are those of the slowest and the fastest second. `behind` counts the bytes that
    follow the end of the picture or the sound.
    """

    bytes: float | None = None
    width: float | None = None
    height: float | None = None
    seconds: float | None = None
    fps: float | None = None
    fps_least: float | None = None
    fps_most: float | None = None
    behind: float | None = None

    def known(self) -> Iterator[tuple[str, float]]:
        """Each measure that is known, with its name."""
        return ((name, value) for name in _NAMES if (value := getattr(self, name)) is not None)

    def completed_by(self, other: MediaFacts) -> MediaFacts:
        """These facts, and those of `other` where a measure is not known here."""
        return MediaFacts(**{**dict(other.known()), **dict(self.known())})


@valueclass(frozen=True, slots=True)
class MediaRemark:
    """What readers of media may stumble over in a whole file, as the end of a sentence, and the remedy.

    `kind` is `header`, `codec` or `alpha`.
    `command` makes a file without it; `{file}` in it stands for the file, `{stem}` for its path without the ending.
    `stated` is the length that its header states, in seconds, where that is wrong.
    """

    kind: str
    found: str
    advice: str
    command: str
    stated: float | None = None


def common_facts(several: Iterable[MediaFacts]) -> MediaFacts:
    """The measures that several media have in common."""
    first, *others = [dict(facts.known()) for facts in several]
    return MediaFacts(**{name: v for name, v in first.items() if all(o.get(name) == v for o in others)})
