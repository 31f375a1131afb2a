"""`python -m seedspec` and the `seedspec` command."""

from __future__ import annotations

import gc
import sys

_SELDOM = 100_000
"""New objects between two looks of the cyclic collector. At its own 700 it walks the modules again and again while they
are loaded, and finds nothing."""


def main() -> None:
    gc.set_threshold(_SELDOM)
    from seedspec.cli.main import start

    code = start(sys.argv[1:])
    gc.freeze()  # memory goes back with the process: the interpreter need not look for cycles in all of it at its end
    sys.exit(code)


if __name__ == "__main__":
    main()
