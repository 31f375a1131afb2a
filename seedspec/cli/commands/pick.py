"""`pick`: the take of a variant that people chose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from seedspec.api import Options, Planned
from seedspec.choices import picks as chosen
from seedspec.choices.picks import Pick, Picks
from seedspec.choices.reviews import Entries
from seedspec.cli.console import print_json, print_lines, print_next, print_notes
from seedspec.cli.entry_argument import the_address
from seedspec.cli.main import Exit
from seedspec.cli.options import check_bucket, json_option, ledger_option
from seedspec.cli.plan_view import seen_of
from seedspec.cli.votes import choices_in, end_on_errors, takes_options
from seedspec.compiler.address import parse
from seedspec.project.atomic import replace
from seedspec.project.choice_files import Choices, read_picks, read_reviews, schema_beside
from seedspec.run.store.lock_file import hold
from seedspec.text.diagnostic import Problems

_PATIENCE = 10.0
"""Seconds that a pick waits for another one: each takes a moment alone."""


@click.command("pick")
@click.argument("words", nargs=-1, metavar="[ENTRY [TAKE]]...")
@click.option("--storyboard", "-f", default="storyboard.yaml", show_default=True, type=click.Path(dir_okay=False))
@click.option("--from", "origin", multiple=True, metavar="PATH", type=click.Path(exists=True),
              help="Take over what reviewers picked; more files may follow.")  # fmt: skip
@click.option("--drop", is_flag=True, help="Forget the pick of ENTRY's variant.")
@click.option("--force", is_flag=True, help="Change a pick that is there; where reviewers disagree the last one wins.")
@takes_options
@ledger_option()
@json_option
def pick_command(
    words: tuple[str, ...], storyboard: str, origin: tuple[str, ...], profile: str,
    ledger: str | None, form: str, *, drop: bool, force: bool, emulator: bool,
) -> None:  # fmt: skip
    """Choose the take of a variant, in STEM.picks.yaml beside the storyboard. A picked take is never bought again.

    ENTRY is an address. Without its take, TAKE gives that. Without ENTRY the picks are listed.
    Exits 1 when reviewers disagree, with each other or with the file. What they agree on is picked.

    \b
    Examples:
      seedspec pick open@look=noir,hook=reveal 2
      seedspec pick --from reviews/*.yaml
      seedspec pick --profile draft open@look=noir,hook=reveal 2
      seedspec pick --drop open@look=noir,hook=reveal
      seedspec pick
    """
    _check_words(words, origin, drop=drop)
    url = check_bucket("ledger", ledger, emulator=emulator)
    planned = seen_of(storyboard, Options(emulated=emulator, profile=profile, ledger=url))
    place = choices_in(planned)
    entries = Entries(planned.compiled.entries)
    problems = Problems()
    if not (words or origin):
        known = _read_known(place, entries, problems)
        if form == "json":
            print_json(_as_json(place, known, known))
            return
        print_lines(f"{p.address}  {', '.join(p.by)}".rstrip() for p in _sort_picks(known))
        print_notes([f"{len(known.by_variant)} picked"])
        print_next(planned.place.commands.plain("export otio" if known.by_variant else "review"))
        return
    videos = {r.fp: str(r.get("sha256")) for r in planned.plan.lock if r.get("sha256")}
    with hold(place.picks, wait=_PATIENCE):  # several people's picks at once: each is added to those before
        known = _read_known(place, entries, problems)
        if drop:
            after = _drop_pick(known, words, planned)
        elif origin:
            reviews = read_reviews(place, (*origin, *words), problems)
            if problems.failed:
                end_on_errors(problems)
            wanted = chosen.picks_of_reviews(reviews, entries, videos, problems, place.profile)
            after = chosen.add_picks(known, wanted, problems, force=force)
        else:
            after = chosen.add_picks(known, [_pick_of(words, planned, videos)], problems, force=force)
        if after.by_variant or after.others or place.picks.exists():
            replace(place.picks, chosen.serialise(after, schema_beside(place.storyboard, "picks")).encode())
    if form == "json":
        print_json(_as_json(place, known, after))
        end_on_errors(problems, code=1)
        return
    changed = [p for p in _sort_picks(after) if known.by_variant.get(p.variant) != p]
    print_lines(f"{p.address}  picked" for p in changed)
    print_lines(f"{p.address}  no longer picked" for p in _sort_picks(known) if p.variant not in after.by_variant)
    print_notes([f"{len(after.by_variant)} picked in {place.picks}"])
    end_on_errors(problems, code=1)
    if after.by_variant and not drop:
        print_next(planned.place.commands.plain("export otio"))


def _as_json(place: Choices, before: Picks, after: Picks) -> dict[str, Any]:
    """The picks as they are now, for programs; and which of them this command has changed."""
    changed = [p.address for p in _sort_picks(after) if before.by_variant.get(p.variant) != p]
    dropped = [p.address for p in _sort_picks(before) if p.variant not in after.by_variant]
    picks = [{"entry": p.address, "fingerprint": p.fp, "video": p.video, "by": list(p.by)} for p in _sort_picks(after)]
    return {"seedspec_pick": 1, "file": str(place.picks), "picks": picks, "changed": changed, "dropped": dropped}


def _read_known(place: Choices, entries: Entries, problems: Problems) -> Picks:
    """The picks that are there, under the addresses of today; what is wrong with them ends the command."""
    known = read_picks(place, problems)
    if problems.failed:
        end_on_errors(problems)
    return chosen.follow_addresses(known, entries)


def _sort_picks(picks: Picks) -> list[Pick]:
    return sorted(picks.by_variant.values(), key=lambda p: p.variant)


def _check_words(words: Sequence[str], origin: Sequence[str], *, drop: bool) -> None:
    """Ends the command for words that mean nothing with its options: who wrote them expects something of them."""
    if drop and origin:
        raise Exit(2, "--drop and --from exclude each other")
    if drop and not words:
        raise Exit(2, "--drop needs the ENTRY whose pick is to go")
    if drop and len(words) > 1:
        raise Exit(2, f"found `{' '.join(words[1:])}`; expected ENTRY alone with --drop, which forgets any take of it")
    if origin and (missing := next((word for word in words if not Path(word).exists()), None)) is not None:
        raise Exit(2, f"`{missing}` is no review file, nor a folder of them; expected nothing else with --from")


def _pick_of(words: Sequence[str], planned: Planned, videos: Mapping[str, str]) -> Pick:
    """The take that ENTRY, or ENTRY and TAKE, name; only one whose video was saved can be chosen."""
    address = _address(words, planned)
    entry = next(e for e in planned.compiled.entries if e.address == address)
    if entry.fingerprint not in videos:
        raise Exit(
            2, f"`{entry.address}` has no saved video; {planned.place.commands.line('status')} says where it stands"
        )
    return Pick(entry.address, entry.fingerprint, videos[entry.fingerprint], profile=planned.place.profile)


def _address(words: Sequence[str], planned: Planned) -> str:
    if len(words) > 2 or (len(words) == 2 and not re.fullmatch("[0-9]+", words[1])):
        raise Exit(2, f"found `{' '.join(words)}`; expected ENTRY and perhaps TAKE, a number")
    addresses = [e.address for e in planned.compiled.entries]
    if len(words) == 1:
        return the_address(words[0], addresses)
    return the_address(words[0], [a for a in addresses if a.endswith(f"/{words[1]}")])


def _drop_pick(known: Picks, words: Sequence[str], planned: Planned) -> Picks:
    variants = {v: p.address for v, p in known.by_variant.items()}
    address = the_address(words[0], [*variants, *variants.values()])
    variant = address if address in variants else parse(address).variant
    return Picks({v: p for v, p in known.by_variant.items() if v != variant}, known.others)
