"""`doctor`: whether this machine and folder are fit for a run."""

from __future__ import annotations

import os
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from seedspec.cli.console import print_json, print_lines, print_notes, wants_color
from seedspec.cli.main import Exit
from seedspec.cli.options import assets_option, ledger_option, renders_option, storyboard_argument
from seedspec.project import sources
from seedspec.project.names import lock_of
from seedspec.report.table import columns
from seedspec.text.visible import visible

_COLORS = {"ok": "32", "warning": "33", "bad": "31"}


@click.command("doctor")
@storyboard_argument
@click.option("--online", is_flag=True, help="Ask the service for the credits that are left: free, and proves the key.")
@assets_option("Look at this bucket of local files too: a small file is put there, read and removed.")
@renders_option("Look at this bucket of saved videos too: a small file is put there, read and removed.")
@ledger_option("Look at this ledger too, or else at the one that the lock names: two small files stay there.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor_command(
    storyboard: str, assets: str | None, renders: str | None, ledger: str | None, form: str, *, online: bool
) -> None:
    """Check whether this machine and folder are ready for a run. The key is never shown. Exits 2 when something is bad.

    \b
    Examples:
      seedspec doctor
      seedspec doctor --online
      seedspec doctor --renders s3://our-bucket/renders
      seedspec doctor --ledger s3://our-bucket/seedspec
    """
    from seedspec.run.bucket_check import bucket_findings
    from seedspec.run.doctor import asks_here, file_findings, findings, reach
    from seedspec.run.ledger_admin.doctor import ledger_findings

    catalog = sources.catalog(Path(storyboard).parent)
    first = catalog.usual
    assert first is not None
    provider = first.provider.document
    found = list(findings(provider, Path(storyboard), os.environ, first.rate.as_of, datetime.now(UTC)))
    found += file_findings(catalog.files)
    if online:
        found.append(reach(provider, os.environ))
    for name, url in (("assets", assets), ("renders", renders)):
        if url:
            found += bucket_findings(
                name, url, local=asks_here(provider, os.environ), environ=os.environ, now=datetime.now(UTC)
            )
    lock, now = lock_of(Path(storyboard), emulated=False), datetime.now(UTC)
    found += ledger_findings(lock, ledger or "", now=now)
    if form == "json":
        rows = [{"name": f.name, "verdict": f.verdict, "said": f.said} for f in found]
        print_json({"seedspec_doctor": 1, "findings": rows})
    else:
        lines = columns((f.verdict, f.name, visible(f.said)) for f in found)
        if wants_color(sys.stdout):
            lines = [f"\x1b[{_COLORS[f.verdict]}m{line}\x1b[0m" for f, line in zip(found, lines, strict=True)]
        print_lines(lines)
        wrong = Counter(f.verdict for f in found if f.verdict != "ok")
        counts = (f"{wrong[v]} {v}{'s' * (v == 'warning' and wrong[v] > 1)}" for v in ("bad", "warning") if wrong[v])
        print_notes([", ".join(counts) or "no problems found"])
    if any(f.verdict == "bad" for f in found):
        raise Exit(2)
