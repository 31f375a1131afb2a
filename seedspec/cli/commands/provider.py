"""`provider`: a provider file judged, the request that it makes shown, and an answer of the service read by it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedspec.cli.console import echo, print_json, print_lines, print_next, print_notes, wants_color
from seedspec.cli.main import Exit
from seedspec.cli.options import profile_option, storyboard_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedspec.catalog.user_files import UserFile

_format = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)  # fmt: skip
MOST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer: as many as a run reads."""


@click.group("provider")
def provider_command() -> None:
    """Look at a provider's files before any money moves. Nothing is sent, and no key is needed.

    A provider is a folder of files: `provider.json` says where a service is, how it is asked and what its answers mean;
    beside it stand its models and prices. Write one from the vendor's page in three steps: `check` until nothing is
    wrong, `preview` until the request is the one of the page, `answer` until each answer of the page is understood.

    \b
    Examples:
      seedspec provider check providers/acme
      seedspec provider preview storyboard.yaml
      seedspec provider answer acme read answer.json
    """


@provider_command.command("check")
@click.argument("provider", metavar="FILE|FOLDER|ID")
@_format
def check_command(provider: str, form: str) -> None:
    """Judge the files of a provider: every mistake with its line, and what to do.

    FILE judges one file alone, FOLDER all files in it. An ID is looked for in `providers/` of this folder, in your
    settings, and among those that come with seedspec. A file that nobody has trusted is judged as well. Exits 3 when
    something is wrong.

    \b
    Examples:
      seedspec provider check providers/acme
      seedspec provider check providers/acme/provider.json --format json
      seedspec provider check ark
    """
    from seedspec.project.provider_judging import judge
    from seedspec.report import diagnostics

    files = _files_of(provider)
    found = list(judge(files))
    if form == "json":
        echo(diagnostics.as_json(found).removesuffix("\n").encode())
    else:
        if found:
            print_lines([diagnostics.as_text(found, color=wants_color()).removesuffix("\n")])
        named = f"{len(files)} files of `{files[0].folder}`" if len(files) > 1 else f"`{files[0].shown}`"
        print_notes([f"{named}: {diagnostics.tally(found) if found else 'no problems found'}"])
    if found:
        raise Exit(3)
    _tell_trust(files)


def _tell_trust(files: Sequence[UserFile]) -> None:
    """Whether a provider file beside a storyboard counts."""
    from shlex import quote

    from seedspec.catalog.user_files import PROVIDER
    from seedspec.project.trust import Trust

    for file in files:
        if file.name == PROVIDER and file.beside and file.digest not in Trust(os.environ):
            print_next(f"seedspec trust {quote(file.shown)}")


def _files_of(name: str) -> list[UserFile]:
    """The files of a provider by the word of a command line. Ends the command with code 2 where there is none."""
    from seedspec.project.provider_judging import files_of, known_ids
    from seedspec.text.diagnostic import did_you_mean, list_words

    found = files_of(name)
    if found:
        return found
    if Path(name).is_dir():
        raise Exit(2, f"`{name}` holds no JSON file; expected a folder with a `provider.json`")
    if Path(name).name != name or name.endswith(".json"):
        raise Exit(2, f"`{name}`: there is no such file; expected a file or folder of a provider, or its id")
    known = known_ids()
    what = f"no provider `{name}`; expected {list_words(known)}, or the path of a file"
    raise Exit(2, "; ".join((what, *did_you_mean(name, known))))


@provider_command.command("preview")
@storyboard_argument
@click.argument("entry", required=False)
@profile_option
@_format
def preview_command(storyboard: str, entry: str | None, profile: str, form: str) -> None:
    """Show the request of an entry exactly as it would be sent: address, headers, body. Nothing is sent.

    Without ENTRY the first one is shown. The key is never shown. In the place of a local file stands `sha256:…`, of
    another shot's video `entry:…`: a run puts addresses there. The signature of a signed address is left out.

    \b
    Examples:
      seedspec provider preview storyboard.yaml
      seedspec provider preview storyboard.yaml open/1 --format json
    """
    from seedspec.cli.compiled import compile_or_exit
    from seedspec.cli.entry_argument import the_entry
    from seedspec.project.credentials import BadSettings, key_of, origins_of
    from seedspec.report import provider_request as shown

    if entry is None and not storyboard.endswith((".yaml", ".yml")) and not Path(storyboard).exists():
        storyboard, entry = "storyboard.yaml", storyboard  # as `why` takes them
    made = compile_or_exit(storyboard, profile, emulated=False)
    if not made.entries:
        raise Exit(2, f"`{storyboard}` has no entries")
    chosen = the_entry(entry, made.entries) if entry else made.entries[0]
    document = chosen.model.provider.document
    try:
        key_of(document, os.environ, made.path.parent)
        held = True
    except BadSettings:
        held = False
    found = shown.request_of(chosen, origins_of(document, os.environ))
    if form == "json":
        print_json(shown.as_json(found))
        return
    print_lines(shown.as_text(found))
    variable = document["auth"]["variable"]
    print_notes([f"the key is {variable}, which is {'set' if held else 'not set'} here; nothing was sent"])
    if entry is None and len(made.entries) > 1:
        print_notes([f"the first of {len(made.entries)} entries; name another: `seedspec compile` lists them"])


@provider_command.command("answer")
@click.argument("provider", metavar="FILE|ID")
@click.argument("call")
@click.argument("answer", metavar="ANSWER", default="-", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--status", type=click.IntRange(100, 599), help="The HTTP status of the answer; 200 when not given.")
@_format
def answer_command(provider: str, call: str, answer: str, status: int | None, form: str) -> None:
    """Read a service's answer by a provider file, and say what seedspec understands: state, id, links, price, error.

    ANSWER is a file with the JSON of an answer as the vendor's page shows it, `-` or nothing for standard input. It may
    begin with the status line and headers, as `curl -i` prints them. CALL is a call of the file, such as `create`,
    `read` or `result`. It is also said what the file looks for and does not find, and what nothing reads. Exits 3 when
    the answer is not understood.

    \b
    Examples:
      seedspec provider answer ark create created.json
      seedspec provider answer providers/acme read - < answer.json
      curl -si https://api.acme.example.com/v1/jobs/7 | seedspec provider answer acme read
      seedspec provider answer fal create refused.json --status 429
    """
    from seedspec.report import provider_answer as shown

    document = _document(provider, call)
    given = shown.answer_in(_bytes_of(answer), status)
    if isinstance(given, str):
        raise Exit(2, f"{'standard input' if answer == '-' else f'`{answer}`'}: {given}")
    found = shown.understand(document, call, given)
    if form == "json":
        print_json(shown.as_json(found))
    else:
        print_lines(shown.as_text(found))
    if not found.understood:
        raise Exit(3)


def _document(provider: str, call: str) -> dict[str, Any]:
    """The provider file, which has the call. Ends the command where it has not, or is wrong."""
    from seedspec.catalog.user_files import PROVIDER
    from seedspec.project.provider_judging import judge
    from seedspec.report import diagnostics
    from seedspec.text.diagnostic import did_you_mean, list_words

    files = [one for one in _files_of(provider) if one.name == PROVIDER]
    if not files:
        raise Exit(2, f"`{provider}`: expected a `{PROVIDER}`, its folder, or an id")
    if found := list(judge(files)):
        echo(diagnostics.as_text(found, color=wants_color(sys.stderr)).removesuffix("\n"), err=True)
        raise Exit(3, "the provider file must be right before an answer can be read by it")
    document: dict[str, Any] = files[0].document
    calls = document["calls"]
    if call not in calls:
        what = f"`{files[0].shown}` has no call `{call}`; expected {list_words(calls)}"
        raise Exit(2, "; ".join((what, *did_you_mean(call, calls))))
    return document


def _bytes_of(answer: str) -> bytes:
    from seedspec.project.files import read_file

    if answer != "-":
        try:
            return read_file(Path(answer), MOST_ANSWER)
        except OSError as error:
            raise Exit(2, f"`{answer}`: {(error.strerror or str(error)).lower()}") from None
    if sys.stdin.isatty():
        print_notes(["paste the answer, then press Ctrl-D on a line of its own"])
    data = sys.stdin.buffer.read(MOST_ANSWER + 1)
    if len(data) > MOST_ANSWER:
        raise Exit(2, f"standard input: it has more than {MOST_ANSWER:,} bytes")
    return data
