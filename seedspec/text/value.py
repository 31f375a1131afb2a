"""How the values of every stage are declared: as with `dataclasses`, at a sixth of what that costs at each start.

To a reader and to a type checker it is the standard decorator. That one compiles six methods from text for each class,
which was the largest part of what a small compile or check cost beyond its libraries; here the constructor alone is
compiled, with the first value of the class, and all else is shared. Most classes have no value in a command.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter

__all__ = ["brief", "valueclass"]

TYPE_CHECKING = False  # type checkers know the name; `typing` itself would be a tenth of a command with nothing to do
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import dataclass as valueclass
    from typing import Any, NoReturn
else:

    def valueclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """A class whose annotations are its fields: slotted, equal and, where frozen, hashed by what they hold.

        A `field()` and a `__post_init__` are heeded; for a base there is the standard decorator. What is not frozen
        shows nothing of itself. `replace`, `fields` and `asdict` of `dataclasses` take these values too.
        """
        assert slots
        return partial(_build, frozen=frozen)


_MOST, _MOST_OF_ONE, _ITEMS = 360, 72, 3
"""The characters that a value shows of itself, and those of a field of it; the most items of a list that are shown."""


def brief(value: Any) -> str:
    """What a value shows of itself in a few lines, whatever it holds: a notebook shows what nobody meant to look at."""
    shown = ", ".join(
        f"{name}={_cut(_item(getattr(value, name)), _MOST_OF_ONE)}" for name in type(value).__match_args__
    )
    return f"{type(value).__qualname__}({_cut(shown, _MOST)})"


def _item(held: object) -> str:
    if isinstance(held, (str, bytes)):
        return repr(held[:_MOST]) if len(held) > _MOST else repr(held)
    if type(held) in (tuple, list, dict, set, frozenset):
        listed: Any = held
        if len(listed) > _ITEMS:
            return f"<{type(held).__name__} of {len(listed):,}>"
        if type(held) is dict:
            return "{" + ", ".join(f"{_item(k)}: {_item(v)}" for k, v in listed.items()) + "}"
        if type(held) is tuple:
            return f"({', '.join(map(_item, listed))}{',' * (len(listed) == 1)})"
        if type(held) is list:
            return f"[{', '.join(map(_item, listed))}]"
    return repr(held)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _build(cls: type, *, frozen: bool) -> type:
    assert cls.__bases__ == (object,), f"{cls.__name__} has a base"
    space = dict(cls.__dict__)
    names = tuple(space.get("__annotations__", ()))
    said = {name: space.pop(name) for name in names if name in space}
    given = tuple(name for name in names if _counts(said.get(name), "init"))
    compared = tuple(name for name in names if _counts(said.get(name), "compare"))
    del space["__dict__"], space["__weakref__"]
    space |= {"__slots__": names, "__match_args__": given, "__dataclass_fields__": _Fields(names, said)}
    for name, method in _methods(given, compared, frozen=frozen).items():
        space.setdefault(name, method)

    def __init__(self: object, *values: object, **named: object) -> None:
        made.__init__ = _constructor(made, names, said, frozen=frozen)  # type: ignore[misc]
        made.__init__(self, *values, **named)  # type: ignore[misc]

    space["__init__"] = __init__
    made = type(cls.__name__, (), space)
    made.__qualname__ = cls.__qualname__
    __init__.__qualname__ = f"{made.__qualname__}.__init__"
    return made


def _counts(said: Any, where: str) -> bool:
    """Whether a field takes part: each does of which no `field()` says otherwise."""
    return type(said).__name__ != "Field" or bool(getattr(said, where))


def _constructor(made: Any, names: tuple[str, ...], said: Mapping[str, Any], *, frozen: bool) -> Any:
    from dataclasses import MISSING, Field

    scope: dict[str, Any] = {f"set_{name}": getattr(made, name).__set__ for name in names} if frozen else {}
    scope["MISSING"] = MISSING
    taken, lines = "self", ""
    for name in names:
        default: Any = said.get(name, MISSING)
        make, init = MISSING, True
        if isinstance(default, Field):
            default, make, init = default.default, default.default_factory, default.init
        scope |= {f"default_{name}": default, f"make_{name}": make}
        known = default is not MISSING or make is not MISSING
        if init:
            taken += f", {name}=default_{name}" if known else f", {name}"
            value = name if make is MISSING else f"make_{name}() if {name} is MISSING else {name}"
        else:
            value = f"default_{name}" if make is MISSING else f"make_{name}()"
        if init or known:
            lines += f"\n set_{name}(self, {value})" if frozen else f"\n self.{name} = {value}"
    if hasattr(made, "__post_init__"):
        lines += "\n self.__post_init__()"
    exec(f"def __init__({taken}):{lines or ' pass'}", scope)
    constructor: Any = scope["__init__"]
    constructor.__qualname__ = f"{made.__qualname__}.__init__"
    return constructor


def _methods(given: tuple[str, ...], compared: tuple[str, ...], *, frozen: bool) -> dict[str, Any]:
    content, values = _content(compared), _content(given)

    def __eq__(self: object, other: object) -> bool:
        return content(self) == content(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:
        return hash(content(self))

    def __reduce__(self: object) -> tuple[type, tuple[Any, ...]]:
        return self.__class__, values(self)

    if not frozen:
        return {"__eq__": __eq__, "__hash__": None}
    return {
        "__eq__": __eq__, "__hash__": __hash__, "__repr__": brief, "__reduce__": __reduce__,
        "__setattr__": _refuse_change, "__delattr__": _refuse_change,
    }  # fmt: skip


def _content(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*names) if len(names) > 1 else lambda self: tuple(getattr(self, name) for name in names)


def _refuse_change(self: object, name: str, _: object = None) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


class _Fields:
    """What the functions of `dataclasses` ask a class for, made when one of them does."""

    def __init__(self, names: tuple[str, ...], said: Mapping[str, Any]) -> None:
        self.names, self.said = names, said

    def __get__(self, _: object, made: Any) -> Any:
        from dataclasses import Field, field, make_dataclass

        kept = {name: said if isinstance(said, Field) else field(default=said) for name, said in self.said.items()}
        fields = [(name, object, kept.get(name, field())) for name in self.names]
        standard: Any = make_dataclass(made.__name__, fields)
        made.__dataclass_fields__ = standard.__dataclass_fields__
        return standard.__dataclass_fields__
