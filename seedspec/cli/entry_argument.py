"""One entry from the words of a command line: an address, or a prefix that fits a single one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from seedspec.cli.main import Exit
from seedspec.compiler.address import matches, shot_of
from seedspec.compiler.entry import Entry
from seedspec.lock.record import Record

_MOST = 8


def the_entry(text: str, entries: Sequence[Entry]) -> Entry:
    """The entry that is meant. Ends the command with code 2, naming candidates, when it is none or several."""
    known = {e.address: e for e in entries}
    return known[the_address(text, list(known))]


def the_address(text: str, addresses: Iterable[str]) -> str:
    """The same for addresses alone; a whole match wins over prefixes."""
    known = list(dict.fromkeys(addresses))
    if text in known:
        return text
    found = [a for a in known if matches(text, a)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Exit(2, "\n".join((f"`{text}` fits {len(found)} entries; give more of the address:", *_some(found))))
    if near := _near(text, known):
        raise Exit(2, "\n".join((f"`{text}` fits no entry; did you mean:", *_some(near))))
    raise Exit(2, f"`{text}` fits no entry; `seedspec compile STORYBOARD` lists the addresses")


def the_ids(records: Iterable[Record]) -> list[tuple[Record, str]]:
    """Purchases, each with what tells it from the others: the first of its fingerprint, and its attempt if need be."""
    found = sorted(records, key=lambda r: (r.fp, r.attempt))
    prints = Counter(r.fp for r in found)
    length = next(n for n in (8, 16, 64) if len({fp[:n] for fp in prints}) == len(prints))
    return [(r, r.fp[:length] + (f"/{r.attempt}" if prints[r.fp] > 1 else "")) for r in found]


def _near(text: str, addresses: list[str]) -> list[str]:
    """Addresses like the text, or else those of a shot that is called like its beginning."""
    if near := get_close_matches(text, addresses, n=3, cutoff=0.6):
        return near
    shots = get_close_matches(shot_of(text), list(dict.fromkeys(map(shot_of, addresses))), n=1)
    return [a for a in addresses if shot_of(a) in shots]


def _some(addresses: Iterable[str]) -> list[str]:
    listed = [f"  {a}" for a in addresses]
    left = len(listed) - _MOST
    return [*listed[:_MOST], f"  … and {left} more"] if left > 0 else listed
