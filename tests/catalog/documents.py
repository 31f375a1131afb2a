"""Documents of schemas/, changed in one place: what tests of broken files start from."""

from __future__ import annotations

from typing import Any


def changed(made: Any, path: tuple[Any, ...], to: Any) -> Any:
    """A document with something else at a place; without it where that is None. It is changed itself."""
    *above, last = path
    here: Any = made
    for step in above:
        here = here[step]
    if to is None:
        del here[last]
    else:
        here[last] = to
    return made
