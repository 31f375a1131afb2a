"""`trust`: somebody says that a provider file beside a storyboard may be used, after seeing where the key would go."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedspec.cli.console import print_json, print_lines, print_notes
from seedspec.cli.main import Exit

if TYPE_CHECKING:
    from seedspec.catalog.user_files import UserFile, UserFiles


@click.command("trust")
@click.argument("file", required=False, metavar="[FILE]")
@click.option("--list", "listed", is_flag=True, help="Show what is trusted.")
@click.option("--remove", is_flag=True, help="Trust it no longer: FILE is a file, a digest's beginning, or a provider.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="How --list is shown.")  # fmt: skip
def trust_command(file: str | None, form: str, *, listed: bool, remove: bool) -> None:
    """Let a provider file beside a storyboard be used. It shows where the key and your media would go, and asks.

    A file `providers/ID/provider.json` that came with a repository does nothing until you trust it, and again nothing
    when a byte of it has changed. Only a person at a terminal can trust a file. For a CI server set SEEDSPEC_TRUST in
    its own settings, to the digests that this command shows, with commas between them.

    \b
    Examples:
      seedspec trust providers/acme/provider.json
      seedspec trust --list
      seedspec trust --remove acme
    """
    from seedspec.project.trust import Trust, all_trusted
    from seedspec.report import trust as shown

    if listed == bool(file) or (listed and remove):
        raise Exit(2, "expected a FILE, or --list; with --remove a file, a digest's beginning, or a provider")
    if listed:
        trust = Trust(os.environ)
        if form == "json":
            print_json({"seedspec_trust": 1, "trusted": shown.as_json(all_trusted(), trust.by_environment)})
        else:
            print_lines(shown.as_list(all_trusted(), trust.by_environment) or ["nothing is trusted"])
    elif remove:
        _remove(str(file))
    else:
        _trust(Path(str(file)))


def _trust(path: Path) -> None:
    from seedspec.project.files import read_file
    from seedspec.project.provider_files import MOST_FILE, file_of
    from seedspec.project.trust import Trust, all_trusted, remember
    from seedspec.report.trust import as_question

    path = path / "provider.json" if path.is_dir() else path
    if path.name != "provider.json":
        raise Exit(2, f"`{path}`: only a `provider.json` is trusted; models and prices beside it count with it")
    whole = path.absolute()
    if any(place.is_symlink() for place in (whole, *whole.parents[:2])):
        raise Exit(2, f"`{path}` is a symbolic link, or below one: such a file is not used")
    data = read_file(path, MOST_FILE)
    file = file_of(data, path.absolute().parent.name, path.name, str(path), beside=True)
    found = _read_as_trusted(file, path)
    why = next((why for one, state, why in found.states if one is file and state == "refused"), "")
    if why:
        raise Exit(2, f"`{path}`: {why}")
    known = all_trusted()
    own = [one for one in known if one.document["id"] == file.document["id"]]
    earlier = None if any(one.digest == file.digest for one in own) else next(iter(own), None)
    models = [model.document["x-seedspec"]["model"] for model in found.models if model.folder == file.folder]
    print_notes(as_question(file, models, earlier, os.environ))
    if file.digest in Trust(os.environ):
        print_notes(["it is trusted already"])
        return
    _ask(file.digest, file.document["id"])
    remember(data, os.path.abspath(path), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    print_notes([f"trusted, until it changes; `seedspec trust --remove {file.folder}` takes it back"])


def _read_as_trusted(file: UserFile, path: Path) -> UserFiles:
    """What the file would be if it were trusted, with the models beside it."""
    from seedspec.catalog.user_files import settle
    from seedspec.project import sources
    from seedspec.project.provider_files import files_in, own_files
    from seedspec.project.trust import owners

    beside = [one for one in files_in(path.parent, str(path.parent), beside=True) if one.name != file.name]
    own = [one for one in own_files() if os.path.abspath(one.shown) != os.path.abspath(path)]
    return settle(sources.schemas(), [*own, file, *beside], {file.digest}.__contains__, owners())


def _ask(digest: str, provider: str) -> None:
    """Ends the command unless a person at a terminal says yes."""
    in_job = os.environ.get("CI", "").lower() not in ("", "0", "false") or os.environ.get("GITHUB_ACTIONS")
    if in_job or not (sys.stdin.isatty() and sys.stderr.isatty()):
        what = "nothing is trusted without a person at a terminal"
        raise Exit(2, f"{what}; for a CI server set SEEDSPEC_TRUST={digest} in its own settings")
    sys.stderr.write(f"Let `{provider}` have all this from now on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        print_notes(["nothing was trusted"])
        raise Exit(0)


def _remove(what: str) -> None:
    import hashlib
    import re

    from seedspec.project.files import read_file
    from seedspec.project.provider_files import MOST_FILE
    from seedspec.project.trust import all_trusted, forget

    known, path = all_trusted(), Path(what)
    found = [one for one in known if one.document["id"] == what]
    if not found and re.fullmatch("[0-9a-f]{8,64}", what):
        found = [one for one in known if one.digest.startswith(what)]
    if not found and path.is_file():
        digest = hashlib.sha256(read_file(path, MOST_FILE)).hexdigest()
        found = [one for one in known if one.digest == digest or one.path == os.path.abspath(path)]
    if not found:
        raise Exit(2, f"nothing of `{what}` is trusted; `seedspec trust --list` shows what is")
    for one in found:
        forget(one.digest)
        print_notes([f"no longer trusted: {one.document['id']}  {one.digest[:12]}  {one.path}"])
