"""Patterns that are compiled when they are first used: most of a room's are for texts that a check never meets."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

_METHODS = ("match", "search", "fullmatch", "finditer", "findall", "sub", "split")


class _Later:
    """Stands for a pattern, and has its methods as its own once one of them is asked for."""

    def __init__(self, form: str | bytes, flags: int) -> None:
        self._form, self._flags = form, flags

    def __getattr__(self, name: str) -> Any:
        made = re.compile(self._form, self._flags)
        self.__dict__ |= {method: getattr(made, method) for method in _METHODS}
        return getattr(made, name)


def pattern(form: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, which takes a millisecond and more for a long form; a broken form is told at its first use."""
    return cast("re.Pattern[AnyStr]", _Later(form, flags))
