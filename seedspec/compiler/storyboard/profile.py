"""A profile is laid over a storyboard before it is expanded; and what is found with each of several, as one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from seedspec.compiler.filename import is_device
from seedspec.compiler.storyboard.types import Profile, Storyboard
from seedspec.text.diagnostic import Diagnostic, Note, Problems, did_you_mean, list_words

AS_WRITTEN = "default"
"""What stands for the storyboard without any profile where the name of one is asked for; no profile may have it."""
_RESERVED = {
    AS_WRITTEN: "means the storyboard as written, without a profile",
    "emulator": "stands in the names of the emulator's files",
}


class NoProfile(Exception):
    """A name that no profile of the storyboard has; the message proposes a near one."""


def with_profile(board: Storyboard, name: str) -> Storyboard:
    """A storyboard with one of its profiles over it; as written for "" and for AS_WRITTEN. Raises NoProfile."""
    if name in ("", AS_WRITTEN):
        return board if board.profile is None else replace(board, profile=None)
    if name not in board.profiles:
        known = [*board.profiles, AS_WRITTEN] if board.profiles else []
        near = did_you_mean(name, known)
        rest = near[0] if near else f"the storyboard has {list_words(known)}" if known else "the storyboard has none"
        raise NoProfile(f"no profile `{name}`; {rest}")
    return replace(board, profile=board.profiles[name])


def name_of(board: Storyboard) -> str:
    """The name of the profile that is laid over a storyboard; "" for the storyboard as written."""
    return board.profile.name if board.profile is not None else ""


def say_profile(name: str) -> str:
    """Which profile, in words: what follows a sentence about a purchase or a finding."""
    return "without a profile" if name in ("", AS_WRITTEN) else f"with profile `{name}`"


def merge_findings(
    as_written: Iterable[Diagnostic], by_profile: Mapping[str, Iterable[Diagnostic]]
) -> tuple[Diagnostic, ...]:
    """The findings of a storyboard as written, then those that its profiles alone bring about, which name them."""
    out, further = Problems(), dict[tuple[object, ...], tuple[Diagnostic, list[str]]]()
    out.extend(as_written)
    common = {_key(d) for d in out}
    for name, found in by_profile.items():
        for one in found:
            if _key(one) not in common:
                further.setdefault(_key(one), (one, []))[1].append(name)
    for one, names in further.values():
        if any(n.message.endswith(f"set by profile {names[0]}") for n in one.notes):
            out.add(one)
            continue
        many = "profiles" if len(names) > 1 else "profile"
        out.add(replace(one, notes=(*one.notes, Note(f"with {many} {', '.join(f'`{n}`' for n in names)}"))))
    return tuple(out)


def _key(d: Diagnostic) -> tuple[object, ...]:
    return d.severity, d.code, d.message, (d.span.source.path, d.span.start, d.span.end) if d.span else None


def check_profiles(board: Storyboard, problems: Problems) -> None:
    """All profiles, whichever is laid over the storyboard: their names, and that none contradicts a label.

    A field that a mapping axis moves among other things may be set, as an override may; of an axis that is named
    like the field, the label is the value.
    """
    first: dict[str, Profile] = {}
    axes = {id(a): a for a in (*board.axes, *(a for shot in board.shots for a in shot.axes))}
    for profile in board.profiles.values():
        meaning = (
            "is the name of a device in Windows" if is_device(profile.name) else _RESERVED.get(profile.name.casefold())
        )
        if meaning is not None:
            message = f"`{profile.name}` {meaning}; expected another name for a profile"
            problems.error("reserved-name", message, profile.span)
        known = first.setdefault(profile.name.casefold(), profile)
        if known is not profile:
            message = f"profiles `{known.name}` and `{profile.name}` would have one folder for their videos"
            problems.error("same-file-name", message, profile.span, Note("the other is here", known.span))
        for axis in axes.values():
            if axis.name in profile.keys:
                message = f"profile `{profile.name}` sets `{axis.name}`, which axis `{axis.name}` sweeps"
                problems.error(
                    "field-set-twice",
                    message,
                    profile.keys[axis.name],
                    Note("the axis is here; its labels would not say what is bought", axis.span),
                    f"leave it out of the profile; `--select {axis.name}={next(iter(axis.values), '')}` takes a part",
                )
