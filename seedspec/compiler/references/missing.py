"""A local medium that cannot be had: why its path is none, and which file of the project is meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

from seedspec.text import later
from seedspec.text.lookalike import name_character
from seedspec.text.near import nearest, shorten

NearbyFiles = Callable[[str], tuple[str, ...]]
"""The media files that stand near a path: below the storyboard's folder and in the path's own, as paths like it."""


def no_files(target: str) -> tuple[str, ...]:
    """For a compile that is told nothing of the disk."""
    return ()


class MeantFile(NamedTuple):
    """A file that may be meant; `same` says that the path is that very one, in another form of writing."""

    path: str
    same: bool


NOT_THERE = "does not exist"
NO_PATH = "is no path relative to the storyboard (with `/` between its parts)"
"""How a reader of media says that it did not find a file, and that it does not look for one."""

PUT_IT_THERE = "put the file there, or write the path of another one, or an https:// address"

_COPY = "copy the file into the storyboard's folder, and write its path from there, such as `assets/{name}`"
_Fault = tuple[str, str, str]
_OTHER_ADDRESSES: tuple[_Fault, ...] = (
    (r"file:", "is an address of a disk; expected a path relative to the storyboard", _COPY),
    (r"data:", "is the data of a file; expected a path or an address", "save it as a file beside the storyboard"),
    (
        r"(s3|gs|gcs|az|oss|tos|cos|r2|wasbs?)://",
        "is an address that the service cannot fetch; expected https://",
        "write its https:// address; a signed one works, with the `sha256` of the file",
    ),
)
_PATHS: tuple[_Fault, ...] = (
    (
        r"=",
        "is a formula of a spreadsheet; expected a path or an address",
        "write its result: the path of a file, or an https:// address",
    ),
    (
        r"\s*[\"'“”‘’«‹`].*[\"'“”‘’»›`]\s*$",
        "has quotes as a part of its name; expected the path without quotes",
        "write `{unquoted}` without quotes",
    ),
    (
        r".*\.(lnk|url|webloc|desktop|crdownload|part|download)$",
        "is a shortcut or a part of a download, not the file itself",
        "write the path of the file itself: `{stem}`",
    ),
    (
        r"\s*(!?\[.*\]\(|<)\s*https?://[^\s<>()]+[>)]\s*$",
        "is an address in the brackets of Markdown; expected the address alone",
        "write `{address}`",
    ),
    (r"https?(//|:/?[^/]|\s|;)", "is no address; expected `https://` before the host", "write `https://{host}`"),
    (
        r".*(<[^<>]+>|\[[^\[\]]+\])|.*(your|insert|placeholder|todo|path[/_-]to)[/_-]|todo|tbd$|\.\.\.$|…$",
        "does not exist; it looks like a placeholder",
        "write the path of a file beside the storyboard, or an https:// address",
    ),
    (r"(www\.|//)\S+", "is no path; an address begins with `https://`", "write `https://{rest}`"),
    (r"~", "begins with `~`, which is not expanded; expected a path relative to the storyboard", _COPY),
    (
        r".*(\$\{?\w+\}?|%\w+%)",
        "names a variable of the environment, which is not read; expected a path relative to the storyboard",
        _COPY,
    ),
    (
        r"/|[A-Za-z]:[\\/]|\\\\",
        "is an absolute path, which other machines do not have; expected one relative to the storyboard",
        _COPY,
    ),
    (r".*\\", "has `\\` between its parts; expected `/`", "write `{slashes}`"),
)


_BLANK = later.pattern(r"\$\{[^{}]*\}|\$[A-Z][A-Z_]+|\{[A-Za-z_]\w*\}|<[^<>]+>|\byour-[a-z]+|\bpath/to/", re.IGNORECASE)
"""What other tools fill in, and what examples leave to their readers, in an address."""


def blank_of(address: str) -> str:
    """The part of an address that nobody has filled in yet; "" for one that is whole."""
    found = _BLANK.search(address)
    return found[0] if found is not None else ""


_HIDDEN = later.pattern(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


def odd_address(address: str) -> tuple[str, str] | None:
    """What in an address is taken for another character, where no address has it, and the address that is meant.

    That is a character without a width, anything odd in the host, and a quote or mark at the end.
    """
    if address.isascii():
        return None
    head, sep, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    meant = unicodedata.normalize("NFKC", host).replace("。", ".")
    ends = re.sub(r"[“”‘’«»‹›。，、；：！？）】」…]+$", "", path)
    plain = _HIDDEN.sub("", f"{head}{sep}{meant if not meant.isascii() or host != meant else host}{slash}{ends}")
    odd = next((c for c in address if not c.isascii() and (_HIDDEN.match(c) or c in host or address.endswith(c))), "")
    return (f"it holds {name_character(odd)}", plain) if plain != address and odd else None


def address_fault(target: str) -> tuple[str, str] | None:
    """Why an address is none that a service fetches, as the end of a sentence, and what to do; None for any other."""
    return _fault(target.strip(), _OTHER_ADDRESSES)


_ESCAPED = {
    "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e", "\0": "0", "\x85": "N",
    "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip
"""Characters that double quotes make of a backslash and a letter, by that letter."""


def undo_escapes(target: str) -> str:
    """A path with `/` for the backslashes that double quotes have taken with the letter behind; else as it is."""
    if not any(c in target[1:-1] for c in _ESCAPED):
        return target
    return "".join(f"/{_ESCAPED[c]}" if c in _ESCAPED else c for c in target).replace("\\", "/")


def path_fault(target: str) -> tuple[str, str] | None:
    """Why nothing stands at a path where no file was found, in the same way; None where the path itself is fine."""
    if (found := _fault(target.strip(), _PATHS)) is not None or target == target.strip():
        return found
    where = "end" if target == target.lstrip() else "beginning"
    return f"has a space at its {where}; expected none", f"write `{shorten(target.strip())}`"


def _fault(text: str, faults: tuple[_Fault, ...]) -> tuple[str, str] | None:
    for pattern, message, todo in faults:
        if re.match(pattern, text, re.IGNORECASE):
            slashes = text.replace("\\", "/")
            name = slashes.partition("?")[0].removeprefix("file:").rstrip("/").rpartition("/")[2] or "hero.png"
            made = todo.replace("{name}", shorten(name)).replace("{slashes}", shorten(slashes))
            made = made.replace("{host}", shorten(re.sub(r"^https?[:;/\s]*", "", text, flags=re.IGNORECASE)))
            address = found[0] if (found := re.search(r"https?://[^\s<>()]+", text)) else ""
            made = made.replace("{unquoted}", shorten(text.strip(" \"'“”‘’«‹»›`")))
            made = made.replace("{stem}", shorten(text.rpartition(".")[0]))
            return message, made.replace("{rest}", shorten(text.lstrip("/"))).replace("{address}", shorten(address))
    return None


def meant_file(target: str, files: Iterable[str], extensions: tuple[str, ...]) -> MeantFile | None:
    """The file that is meant most likely by a path that leads to none; None where nothing is near."""
    known = {f: _form(f) for f in files if f.lower().endswith(extensions)}
    wanted = _form(target)
    same = [f for f, form in known.items() if form == wanted]
    if same:
        return MeantFile(same[0], same=len(same) == 1)
    ends = [f for f, form in known.items() if wanted.endswith(f"/{form}")]
    if ends:
        return MeantFile(max(ends, key=len), same=False)
    folder, _, name = wanted.rpartition("/")
    stem = name.rpartition(".")[0] or name
    other_ending = [f for f, form in known.items() if form.rpartition(".")[0] == wanted.rpartition(".")[0]]
    elsewhere = [f for f, form in known.items() if form.rpartition("/")[2] == name]
    without = [f for f, form in known.items() if form.rpartition("/")[2].rpartition(".")[0] == stem]
    for found in (other_ending, elsewhere, without):
        if found:
            return MeantFile(found[0], same=False)
    stems = {f: form.rpartition("/")[2].rpartition(".")[0] for f, form in known.items()}
    beside = {stems[f]: f for f, form in known.items() if form.rpartition("/")[0] == folder}
    every = {stem: f for f, stem in stems.items()}
    for some in (beside, every):
        if near := nearest(stem, some):
            return MeantFile(some[near], same=False)
    return None


def _form(path: str) -> str:
    """A path as it is compared: without case, the form of Unicode, and the way of writing separators."""
    plain = unicodedata.normalize("NFKC", path.strip().replace("\\", "/")).casefold()
    return re.sub(r"/{2,}", "/", plain).removeprefix("./")
