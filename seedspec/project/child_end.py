"""How a program that seedspec has started ended, in words."""

from __future__ import annotations


def describe_end(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
