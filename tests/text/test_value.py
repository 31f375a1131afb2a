"""What is declared with `valueclass` cannot be told from a slotted dataclass by what it does."""

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


@valueclass(frozen=True, slots=True)
class Wide:
    a: str
    b: str
    c: str
    d: str
    e: str


def _declare(decorate: Callable[[type], type]) -> Any:
    @decorate
    class Kept:
        name: str
        notes: list[str] = dataclasses.field(default_factory=list)
        size: int = dataclasses.field(default=2, compare=False)
        whole: str = dataclasses.field(init=False, repr=False, compare=False)
        seen: list[str] = dataclasses.field(init=False, default_factory=list)
        times: int = dataclasses.field(init=False, default=7)

        def __post_init__(self) -> None:
            object.__setattr__(self, "whole", f"{self.name} of {self.size}")

    return Kept


def _declare_empty(decorate: Callable[[type], type]) -> Any:
    @decorate
    class Empty:
        pass

    return Empty


FIELDS: dict[str, Callable[[Any], object]] = {
    "all": lambda c: [getattr(c("a", size=3), name) for name in ("name", "notes", "size", "whole", "seen", "times")],
    "own for each value": lambda c: c("a").notes is c("a").notes or c("a").seen is c("a").seen,
    "given": lambda c: c("a", ["x"], 4).notes,
    "equal": lambda c: (c("a", size=1) == c("a", size=2), c("a") == c("b"), c("a", ["x"]) == c("a")),
    "hashed": lambda c: c.__hash__ is None,
    "matched": lambda c: c.__match_args__,
    "fields": lambda c: [(f.name, f.init, f.compare) for f in dataclasses.fields(c)],
    "replaced": lambda c: dataclasses.replace(c("a", ["x"]), name="b").notes,
    "copied": lambda c: copy.copy(c("a", ["x"])).whole,
}


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "open"])
@pytest.mark.parametrize("look", FIELDS.values(), ids=FIELDS)
def test_it_heeds_what_a_field_says(look: Callable[[Any], object], frozen: bool) -> None:
    own = _declare(valueclass(frozen=frozen, slots=True))
    standard = _declare(dataclasses.dataclass(frozen=frozen, slots=True))
    assert look(own) == look(standard)


def test_what_is_not_frozen_can_be_changed() -> None:
    one = _declare(valueclass(frozen=False, slots=True))("a")
    one.name = "b"
    assert one.name == "b"
    with pytest.raises(AttributeError):
        one.other = 1


def test_a_class_without_fields_is_one_too() -> None:
    own = _declare_empty(valueclass(frozen=True, slots=True))
    assert own() == own() and hash(own()) == hash(()) and repr(own()).endswith("Empty()")


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


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        ("x" * 65, f"'{'x' * 65}'"), ("x" * 70, f"'{'x' * 70}'"), ("x" * 71, f"'{'x' * 70}…"), (b"ab", "b'ab'"),
        ((), "()"), ((1,), "(1,)"), ((1, 2, 3), "(1, 2, 3)"), ((1, 2, 3, 4), "<tuple of 4>"), ([1, "a"], "[1, 'a']"),
        ({"a": (1,)}, "{'a': (1,)}"), (dict.fromkeys(range(2000)), "<dict of 2,000>"), ({1}, "{1}"), (None, "None"),
        (frozenset(), "frozenset()"), ({1, 2, 3, 4}, "<set of 4>"), ("x" * 1000, f"'{'x' * 70}…"),
    ],
)  # fmt: skip
def test_a_field_is_shown_in_short(held: Any, shown: str) -> None:
    assert repr(Own(held)) == f"Own(name={shown}, parts=(), size=1.5)"


def test_a_value_is_shown_in_360_characters() -> None:
    wide = Wide(*["x" * 100] * 5)
    shown = repr(wide).partition("(")[2]
    assert len(shown) == 361 and shown.endswith("…)")


def test_a_class_of_one_field_is_one_too() -> None:
    assert Single("a") != Single("b") and (Single("a") == "a") is False
    assert pickle.loads(pickle.dumps(Single("a"))) == Single("a") and {Single("a"): 1}[Single("a")] == 1
    assert Own.__init__.__qualname__ == "Own.__init__"
    one: Any = Single("a")
    with pytest.raises(dataclasses.FrozenInstanceError, match=r"^cannot assign to field 'name'$"):
        one.name = "b"


def test_it_travels() -> None:
    cost = Cost(3)
    assert pickle.loads(pickle.dumps(cost)) == copy.deepcopy(cost) == copy.copy(cost) == cost


def test_what_a_class_says_itself_stands() -> None:
    assert repr(Single("a")) == "<a>"
    assert Single("a") == Single("a") and hash(Single("a")) == hash(Single("a"))
    assert Own("long").long
