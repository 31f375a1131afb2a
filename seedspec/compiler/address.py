"""The address of an entry as a value: its shot, labels and take; read from text, printed, and as the name of a file."""

from __future__ import annotations

import re
from typing import NamedTuple

Labels = tuple[tuple[str, str], ...]
"""The label of each axis, in the order that the axes are declared in."""


class Address(NamedTuple):
    """`shot@axis=label,axis=label/take`; no `@…` where the shot has no axis."""

    shot: str
    labels: Labels
    take: int

    def __str__(self) -> str:
        return f"{self.variant}/{self.take}"

    @property
    def variant(self) -> str:
        """The address without its take."""
        return variant_of(self.shot, self.labels)

    @property
    def file(self) -> str:
        """The address as a file name that every file system takes."""
        return f"{self.variant}_take{self.take}.mp4".replace(":", "x")


def parse(text: str) -> Address:
    """The address that a text is. Raises ValueError for any other text, such as a variant without its take."""
    variant, slash, take = text.rpartition("/")
    shot, at, listed = variant.partition("@")
    labels = tuple(_label(pair) for pair in listed.split(",")) if at else ()
    if not (slash and shot and take.isascii() and take.isdecimal()):
        raise ValueError(f"`{text}` is no address of an entry")
    return Address(shot, labels, int(take))


def variant_of(shot: str, labels: Labels) -> str:
    """`shot@axis=label,…`: what the takes of one row have in common."""
    return f"{shot}@{','.join(f'{axis}={label}' for axis, label in labels)}" if labels else shot


def shot_of(text: str) -> str:
    """The shot that an address, a variant or what may be meant as one begins with."""
    return re.split("[@/]", text, maxsplit=1)[0]


def pattern(shot: str, axes: tuple[str, ...]) -> str:
    """What makes an address of a shot's labels with a take behind them, by `%`."""
    names = tuple((axis.replace("%", "%%"), "%s") for axis in axes)
    return f"{variant_of(shot.replace('%', '%%'), names)}/%s"


def matches(prefix: str, address: str) -> bool:
    """Whether an address is meant by a prefix of it: the whole, or one that ends where `@`, `,` or `/` begins."""
    return address.startswith(prefix) and (len(prefix) == len(address) or address[len(prefix)] in "@,/")


def _label(pair: str) -> tuple[str, str]:
    axis, equals, label = pair.partition("=")
    if not (axis and equals and label):
        raise ValueError(f"`{pair}` is no axis=label")
    return axis, label
