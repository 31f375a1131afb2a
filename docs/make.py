"""Makes everything anew that is made of something else: a schema, tables, pages, the picture of the house.

    python docs/make.py [--check | --all]

Each part stands in a module of its own beside this one, and can be run alone. `--check` writes nothing: it names what
is not as it would be made, and ends with 1. `--all` follows the guides that tests follow, with the emulator, and makes
the README's pictures too, which takes a browser and some minutes. What is measured, docs/performance.md, is written by
tests/bench/run.py.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import make_architecture
import make_commands
import make_errors
import make_outputs
import make_schema
import make_tables

ROOT = Path(__file__).parents[1]
AGENTS = ROOT / "docs" / "agents.md"
"""The page that `seedspec init --agents` writes into a project, word for word."""
FOLLOWED = ("tests/run/test_profiles_emulated.py", "tests/media/test_rules.py")
"""Tests that write what they find into the guides under `--update`: docs/profiles.md and docs/media.md."""


def made() -> Iterator[tuple[Path, str]]:
    """Each file with the text that it should have; the schema first, of which the tables are made."""
    yield make_schema.PAGE, make_schema.made(make_schema.PAGE.read_text(encoding="utf-8"))
    for page in make_tables.PAGES:
        yield page, make_tables.made(page.read_text(encoding="utf-8"))
    yield make_errors.PAGE, make_errors.made()
    yield make_errors.DATA, make_errors.data()
    yield make_commands.PAGE, make_commands.made()
    yield AGENTS, (ROOT / "seedspec" / "templates" / "agents.md").read_text(encoding="utf-8")
    yield from make_outputs.made()
    yield make_architecture.PAGE, make_architecture.made(make_architecture.PAGE.read_text(encoding="utf-8"))
    yield make_architecture.PICTURE, make_architecture.drawn()


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the generated parts of the docs anew.")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="write nothing; 1 where something is not current")
    how.add_argument("--all", action="store_true", help="follow the guides and make the pictures, too")
    given = parser.parse_args()
    stale = False
    for page, text in made():
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale = True
        sys.stdout.write(f"{page}: {'not current' if given.check else 'made anew'}\n")
        if not given.check:
            page.write_text(text, encoding="utf-8")
    if given.all:
        import make_pictures

        command = [sys.executable, "-m", "pytest", "-q", "--update", *FOLLOWED]
        subprocess.run(command, cwd=ROOT, check=True)
        make_pictures.main()
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
