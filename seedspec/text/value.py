"""How the values of every stage are declared: as with `dataclasses`, at a sixth of what that costs at each start.

To a reader and to a type checker it is the standard decorator. That one compiles six methods from text for each class,
which was the largest part of what a small compile or check cost beyond its libraries; here the constructor alone is
compiled, and all else is shared.
"""

from __future__ import annotations

from operator import attrgetter

__all__ = ["brief", "valueclass"]

TYPE_CHECKING = False  # type checkers know the name; `typing` itself would be a tenth of a command with nothing to do
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import dataclass as valueclass
    from typing import Any, NoReturn
else:

    def valueclass(*, frozen: bool, slots: bool) -> Callable[[type], type]:
        """A class whose annotations are its fields: frozen, slotted, equal and hashed by what they hold.

        Defaults are values that never change; for a `field()`, for `__post_init__`, for a base and for what is not
        frozen there is the standard decorator. `replace`, `fields` and `asdict` of `dataclasses` take these values too.
        """
        assert frozen and slots
        return _build_slots


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


def _build_slots(cls: type) -> type:
    assert cls.__bases__ == (object,), f"{cls.__name__} has a base"
    space = dict(cls.__dict__)
    names = tuple(space["__annotations__"])
    defaults = {name: space.pop(name) for name in names if name in space}
    del space["__dict__"], space["__weakref__"]
    space |= {"__slots__": names, "__match_args__": names, "__dataclass_fields__": _Fields(names, defaults)}
    for name, method in _methods(names).items():
        space.setdefault(name, method)
    made = type(cls.__name__, (), space)
    made.__qualname__ = cls.__qualname__
    made.__init__ = _constructor(made, names, defaults)  # type: ignore[misc]
    return made


def _constructor(made: Any, names: tuple[str, ...], defaults: Mapping[str, Any]) -> Any:
    scope = {f"set_{name}": getattr(made, name).__set__ for name in names}
    scope |= {f"default_{name}": given for name, given in defaults.items()}
    taken = ", ".join(f"{name}=default_{name}" if name in defaults else name for name in names)
    lines = "".join(f"\n set_{name}(self, {name})" for name in names)
    exec(f"def __init__(self, {taken}):{lines}", scope)
    constructor: Any = scope["__init__"]
    constructor.__qualname__ = f"{made.__qualname__}.__init__"
    return constructor


def _methods(names: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    get = attrgetter(*names)
    content = get if len(names) > 1 else lambda self: (get(self),)

    def __eq__(self: object, other: object) -> bool:
        return content(self) == content(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:
        return hash(content(self))

    def __reduce__(self: object) -> tuple[type, tuple[Any, ...]]:
        return self.__class__, content(self)

    return {
        "__eq__": __eq__, "__hash__": __hash__, "__repr__": brief, "__reduce__": __reduce__,
        "__setattr__": _refuse_change, "__delattr__": _refuse_change,
    }  # fmt: skip


def _refuse_change(self: object, name: str, _: object = None) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


class _Fields:
    """What the functions of `dataclasses` ask a class for, made when one of them does."""

    def __init__(self, names: tuple[str, ...], defaults: Mapping[str, Any]) -> None:
        self.names, self.defaults = names, defaults

    def __get__(self, _: object, made: Any) -> Any:
        from dataclasses import field, make_dataclass

        kept = {name: field(default=given) for name, given in self.defaults.items()}
        fields = [(name, object, kept.get(name, field())) for name in self.names]
        standard: Any = make_dataclass(made.__name__, fields)
        made.__dataclass_fields__ = standard.__dataclass_fields__
        return standard.__dataclass_fields__
