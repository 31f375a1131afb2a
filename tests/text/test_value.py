"""What is declared with `valueclass` cannot be told from a frozen, slotted dataclass by what it does."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from seedspec.catalog.price import Cost
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Own:
    """A thing."""

    name: str
    parts: tuple[int, ...] = ()
    size: float = 1.5

    @property
    def long(self) -> bool:
        return len(self.name) > 3


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """A thing."""

    name: str
    parts: tuple[int, ...] = ()
    size: float = 1.5


@valueclass(frozen=True, slots=True)
class Single:
    """One field, and a text of its own."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


LOOKS: dict[str, Callable[[Any], object]] = {
    "shown": lambda c: repr(c("a", (1,))).replace("Own", "Standard"),
    "equal": lambda c: (c("a") == c("a"), c("a") == c("b"), c("a") == ("a", (), 1.5), c("a") != c("a", (1,))),
    "hashed": lambda c: hash(c("a", (1, 2), 2.0)),
    "named": lambda c: c(size=2.0, name="a").size,
    "fields": lambda c: [(f.name, f.default) for f in dataclasses.fields(c)],
    "fields of one": lambda c: len(dataclasses.fields(c("a"))),
    "a mapping": lambda c: dataclasses.asdict(c("a", (1,))),
    "replaced": lambda c: dataclasses.replace(c("a", (1,)), name="b").parts,
    "matched": lambda c: c.__match_args__,
    "slots": lambda c: (c.__slots__, hasattr(c("a"), "__dict__"), hasattr(c, "__weakref__")),
    "text": lambda c: (c.__doc__, c.__module__),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_it_does_what_a_dataclass_does(look: Callable[[Any], object]) -> None:
    assert look(Own) == look(Standard)


@pytest.mark.parametrize("wrong", [lambda c: c(), lambda c: c("a", (), 1.0, 2), lambda c: c("a", other=1)])
def test_what_does_not_fit_is_refused(wrong: Callable[[Any], object]) -> None:
    for kind in (Own, Standard):
        with pytest.raises(TypeError, match=rf"{kind.__name__}.__init__\(\)"):
            wrong(kind)


def test_nothing_of_it_can_be_changed() -> None:
    one: Any = Own("a")
    for change in (lambda: setattr(one, "name", "b"), lambda: setattr(one, "more", 1), lambda: delattr(one, "name")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    assert one == Own("a")


def test_it_travels() -> None:
    cost = Cost(3)
    assert pickle.loads(pickle.dumps(cost)) == copy.deepcopy(cost) == copy.copy(cost) == cost


def test_what_a_class_says_itself_stands() -> None:
    assert repr(Single("a")) == "<a>"
    assert Single("a") == Single("a") and hash(Single("a")) == hash(Single("a"))
    assert Own("long").long
