"""The expressions of a workflow, as far as the recipes use them; anything else fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKENS = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)(\(\))?|(&&|\|\||==|!=|!|\(|\)))")
_FREE = ("secrets", "vars")
"""Contexts in which a name that nobody has set is an empty text; in others it is a mistake of the recipe."""


class Expressions:
    """Evaluates texts by the contexts of a job; `states` are functions such as `always`."""

    def __init__(self, contexts: Mapping[str, Any], states: Mapping[str, Callable[[], bool]]) -> None:
        self._contexts = contexts
        self._states = states

    def text(self, written: object) -> str:
        """A text with its `${{ }}` filled in."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: _as_text(self.value(m[1])), str(written), flags=re.DOTALL)

    def condition(self, written: object) -> bool:
        """An `if`; without a function of the job's state it also wants success."""
        inner = str(written).strip()
        if inner.startswith("${{"):
            assert inner.endswith("}}"), inner
            inner = inner[3:-2]
        asks = any(f"{name}()" in inner for name in self._states)
        return bool(self.value(inner)) and (asks or self._states["success"]())

    def value(self, written: str) -> Any:
        tokens = self._split(written)
        found = self._any(tokens)
        assert not tokens, f"{written}: {tokens[0]} is left"
        return found

    @staticmethod
    def _split(written: str) -> list[str]:
        tokens, at = [], 0
        while written[at:].strip():
            found = _TOKENS.match(written, at)
            assert found, f"the recipe uses what this evaluator does not know: {written[at:]!r}"
            tokens.append(found[0].strip())
            at = found.end()
        return tokens

    def _any(self, tokens: list[str]) -> Any:
        left = self._all(tokens)
        while tokens and tokens[0] == "||":
            tokens.pop(0)
            right = self._all(tokens)
            left = left or right
        return left

    def _all(self, tokens: list[str]) -> Any:
        left = self._equal(tokens)
        while tokens and tokens[0] == "&&":
            tokens.pop(0)
            right = self._equal(tokens)
            left = left and right
        return left

    def _equal(self, tokens: list[str]) -> Any:
        left = self._one(tokens)
        if tokens and tokens[0] in ("==", "!="):
            wanted = tokens.pop(0) == "=="
            return (left == self._one(tokens)) == wanted
        return left

    def _one(self, tokens: list[str]) -> Any:
        token = tokens.pop(0)
        if token == "!":
            return not self._one(tokens)
        if token == "(":
            found = self._any(tokens)
            assert tokens.pop(0) == ")"
            return found
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token.endswith("()"):
            return self._states[token[:-2]]()
        first, *names = token.split(".")
        found = self._contexts[first]
        for name in names:
            assert name in found or first in _FREE, f"no `{token}`"
            found = found.get(name, "")
        return found


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: ""}[value]
    return str(value)
