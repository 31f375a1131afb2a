"""Patterns that a user's file brings: only those by which any text is judged in a time that grows with its length."""

from __future__ import annotations

import re

from seedspec.text import later

MOST_LETTERS, MOST_TIMES = 500, 1000
_MOST_OPEN = 2
"""Quantifiers in a pattern that may take more or fewer letters; each multiplies the time that a text may take."""
_TOKEN = later.pattern(
    r"\\(?P<reference>[1-9])|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<odd>\(\?)"
    r"|(?P<times>[*+?]|\{(?P<least>\d+)(?P<comma>,)?(?P<most>\d*)\})|(?P<choice>\|)|.",
    re.DOTALL,
)


def is_steady(pattern: str) -> bool:
    """Whether a pattern is one of the plain kind: anchored, with few quantifiers, and none around another one.

    Such a pattern cannot be made to try the same text again and again, which a stranger's could be written for.
    """
    if len(pattern) > MOST_LETTERS or "(?" in pattern.replace("(?:", ""):
        return False
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    opened, groups, last, after, ways = 0, [False], False, False, False
    for found in _TOKEN.finditer(pattern):
        if found["reference"] or found["odd"]:
            return False
        if found["open"]:
            groups.append(False)
            after = False
        elif found["close"]:
            last = groups.pop() if len(groups) > 1 else True
            groups[-1] |= last
            after = True
        elif found["choice"]:
            ways |= len(groups) == 1  # the anchor is of the first alone
            groups[-1], after = True, False
        elif found["times"] is None:
            after, last = False, False
        elif found["times"] == "?" and found.start() and pattern[found.start() - 1] in "*+?}":
            continue  # as few letters as fit, which takes no longer
        else:
            if after and last:
                return False  # a group with a choice or a quantifier in it, again and again
            most = int(found["most"] or found["least"] or 0)
            if most > MOST_TIMES:
                return False
            if found["least"] is None or (found["comma"] and found["most"] != found["least"]):
                opened, groups[-1] = opened + 1, True
            after = False
    return not opened or (opened <= _MOST_OPEN and pattern.startswith("^") and not ways)
