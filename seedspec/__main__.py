"""`python -m seedspec` and the `seedspec` command."""

from __future__ import annotations

import sys


def main() -> None:
    from seedspec.cli.app import start

    sys.exit(start(sys.argv[1:]))


if __name__ == "__main__":
    main()
