"""What somebody would trust, or has trusted, as people and programs read it: where requests and the key go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seedspec.catalog.provider_file import changes, sending_of
from seedspec.catalog.user_files import UserFile
from seedspec.project.trust import VARIABLE, Trusted
from seedspec.report.table import columns
from seedspec.text.visible import visible

_MOST_CHANGES = 30


def as_question(
    file: UserFile, models: Sequence[str], before: Trusted | None, environ: Mapping[str, str]
) -> Iterator[str]:
    """What a provider file would do with the key, prompts and media; and what is new since another one of its id."""
    document = file.document
    sends = sending_of(document)
    keys = ", ".join(f"{name} ({'set here' if environ.get(name) else 'not set here'})" for name in sends.keys)
    yield visible(f"{file.shown}: provider `{document['id']}`, which calls itself “{document['title']}”")
    yield f"  sha256 {file.digest}"
    yield f"  the key in {keys}, in the header `{sends.header}`, goes to"
    yield from (f"    {host}{_foreign_letters(host)}" for host in sends.hosts)
    yield "  prompts, settings and media go with these requests"
    yield from (f"    {line}" for line in columns(sends.calls))
    yield f"  variables that change where all this goes: {', '.join(sends.addresses)}"
    if models:
        yield visible(f"  its models: {', '.join(models)}")
        yield "  files of models and prices beside it count from then on, and may change without a question"
    if before is not None:
        yield f"  changed since the file of `{document['id']}` that was trusted on {before.at[:10]}"
        found = changes(before.document, document)
        rows = [(place, old or "-", f"-> {new or '-'}") for place, old, new in found[:_MOST_CHANGES]]
        yield from (f"    {visible(line)}" for line in columns(rows))
        if len(found) > _MOST_CHANGES:
            yield f"    … and {len(found) - _MOST_CHANGES} more"


def as_list(trusted: Sequence[Trusted], by_environment: frozenset[str]) -> list[str]:
    """A line for each trusted file."""
    rows = [
        (one.digest[:12], str(one.document["id"]), " ".join(hosts_of(one.document)), one.at[:10], one.path)
        for one in trusted
    ]
    rows += [(digest[:12], "", "", "", f"by {VARIABLE}") for digest in sorted(by_environment)]
    return [visible(line) for line in columns(rows)]


def as_json(trusted: Sequence[Trusted], by_environment: frozenset[str]) -> list[dict[str, Any]]:
    """The same for programs."""
    found: list[dict[str, Any]] = [
        {
            "sha256": one.digest,
            "provider": one.document["id"],
            "hosts": hosts_of(one.document),
            "file": one.path,
            "at": one.at,
            "by": "person",
        }
        for one in trusted
    ]
    return found + [{"sha256": digest, "by": VARIABLE} for digest in sorted(by_environment)]


def hosts_of(document: Mapping[str, Any]) -> list[str]:
    """Where a trusted file sends things; nothing of one that an older seedspec trusted, and that is none any more."""
    try:
        return list(sending_of(document).hosts)
    except (KeyError, TypeError, AttributeError):
        return []


def _foreign_letters(host: str) -> str:
    return "  (a name in letters that may look like others)" if "xn--" in host else ""
