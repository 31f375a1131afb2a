"""The key kept out of what a service says: words for people are cleaned of it, data that holds it is not taken.

Data are never changed: a link with a piece cut out leads nowhere, and a body with one means something else.
"""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

from seedspec.project.credentials import SHORTEST
from seedspec.run.engine.messages import (
    Accepted,
    Expired,
    Full,
    Listing,
    Refused,
    Reply,
    Stored,
    Task,
    Tasks,
    Trouble,
    Unknown,
)

EVERYBODYS = "emulator"
"""The key of an emulator that was given none: it is no secret, and may be a part of any name."""

_WORD = re.compile(r"[^\s\"'<>`]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_ESCAPE = re.compile(r"(?<!\\)\\++(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_KNOWN = 1 << 15
_SHORT = 200
"""So many texts of so many characters at most are looked through once, the latest of them: a task is read a hundred
times, and has one id. What is longer is new each time, as a signed address is, and may be as long as a service likes.
"""

_LAYERS = 3
_MOST_FORMS = 200


def _remember(find: Callable[[str], bool]) -> Callable[[str], bool]:
    known = lru_cache(_KNOWN)(find)
    return lambda text: known(text) if len(text) <= _SHORT else find(text)


class Redaction:
    """Knows one key, in all the spellings in which a service may repeat it."""

    def __init__(self, secret: str) -> None:
        self._whole = secret.casefold()
        self._bare = _bare(self._whole)
        self._pieces = {self._whole[i : i + SHORTEST] for i in range(len(secret) - SHORTEST + 1)}
        self._has_whole, self._has_piece = _remember(self._find_whole), _remember(self._find_piece)

    def words(self, text: str) -> str:
        """A text for people without the key, and without any part of it that is long enough to tell something."""
        if not self._has_piece(text):
            return text
        cleaned = _WORD.sub(lambda word: "***" if self._has_piece(word[0]) else word[0], text)
        return "***" if self._has_piece(cleaned) else cleaned

    def holds(self, data: str) -> bool:
        """Whether an id or an address has the whole key in it, however it is spelled."""
        return self._has_whole(data)

    def _find_whole(self, data: str) -> bool:
        return self._whole != EVERYBODYS and any(self._whole in form for form in _forms(data))

    def _find_piece(self, text: str) -> bool:
        bare = _bare(text.casefold())
        if len(self._bare) >= SHORTEST and self._bare in bare:
            return True
        return any(piece in form for form in _forms(text) for piece in self._pieces)

    def reply(self, reply: Reply) -> Reply:
        """A reply that may be shown and recorded."""
        if isinstance(reply, Accepted):
            if self._find_whole(reply.task):  # not kept in mind: a run that only buys never reads it again
                return Unknown("the task id repeats the API key; it is not written down")
            return reply
        if isinstance(reply, Task):
            links = tuple(link for link in reply.links if not self.holds(link))
            if reply.links and not links:
                return Trouble("the link to the result repeats the API key; it is not followed", final=True)
            model = None if reply.model is None else self.words(reply.model)
            code, message, word = self.words(reply.code), self.words(reply.message), self.words(reply.word)
            if (links, code, message, model, word) == (reply.links, reply.code, reply.message, reply.model, reply.word):
                return reply
            return replace(reply, links=links, code=code, message=message, model=model, word=word)
        if isinstance(reply, Tasks):
            found = {task: self.reply(one) for task, one in reply.found.items() if not self.holds(task)}
            return Tasks({task: one for task, one in found.items() if isinstance(one, Task)})
        if isinstance(reply, Listing):
            rows = (replace(one, state=self.words(one.state)) for one in reply.tasks if not self.holds(one.task))
            return Listing(tuple(rows))
        if isinstance(reply, Stored) and self.holds(reply.url):
            return Trouble("the address of the upload repeats the API key; it is not used", final=True)
        if isinstance(reply, Refused):
            return replace(reply, code=self.words(reply.code), message=self.words(reply.message))
        if isinstance(reply, (Unknown, Trouble, Expired, Full)):
            return replace(reply, reason=self.words(reply.reason))
        return reply


def _forms(text: str) -> Iterator[str]:
    """A text and what it says when it is decoded, once and again; in small letters."""
    todo, seen = [(text, 0)], {text}
    while todo:
        form, layer = todo.pop()
        yield form.casefold()
        if layer == _LAYERS:
            continue
        for other in _decodings(form):
            if other not in seen and len(seen) < _MOST_FORMS:
                seen.add(other)
                todo.append((other, layer + 1))


def _decodings(text: str) -> Iterator[str]:
    yield text[::-1]
    if "%" in text:
        yield unquote(text, "latin-1")
    if "&" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    for run in _HEX.findall(text):
        for start in (0, 1):
            digits = run[start:]
            yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("latin-1")
    for run in _BASE64.findall(text):
        for start in range(4):
            letters = run[start:].replace("-", "+").replace("_", "/")
            letters = letters[: len(letters) - (len(letters) % 4 == 1)]
            yield binascii.a2b_base64(letters + "=" * (-len(letters) % 4)).decode("latin-1")


def _bare(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", "", text)
