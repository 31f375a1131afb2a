"""The files of a provider judged as a run would: every rule that one breaks, with its place, trusted or not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seedspec.catalog import model_rules, provider_file
from seedspec.catalog.model import catalog_of, form_of, model_faults
from seedspec.catalog.price_file import price_faults
from seedspec.catalog.schema import Schema, Violation, place_of
from seedspec.catalog.user_files import PRICES, PROVIDER, UserFile, UserFiles, settle
from seedspec.project import sources
from seedspec.project.provider_files import FOLDER, files_in, own_files, read_provider_file
from seedspec.project.trust import owners
from seedspec.project.user_folders import user_config
from seedspec.project.user_prices import own_prices
from seedspec.text.diagnostic import Problems
from seedspec.text.json_nodes import nodes_of
from seedspec.text.source import Source


def files_of(name: str) -> list[UserFile]:
    """The files of a provider: by the path of one of them, or of their folder, else by its id.

    An id is looked for in `providers/` here, in the user's settings, and among those that come with seedspec.
    """
    path = Path(name)
    if path.is_dir():
        return list(files_in(path, name.rstrip("/"), beside=not _is_own(path)))
    if os.path.lexists(path):
        return [read_provider_file(path, name, beside=not _is_own(path))]
    if Path(name).name != name:
        return []
    if (Path(FOLDER) / name).is_dir():
        return list(files_in(Path(FOLDER) / name, f"{FOLDER}/{name}", beside=True))
    own = [file for file in own_files() if file.folder == name]
    return own or (shipped_files(name) if f"{name}/{PROVIDER}" in sources.schemas() else [])


def shipped_files(provider: str) -> list[UserFile]:
    """The files of a provider that comes with seedspec."""
    folder = Path(str(sources.schema_folder())) / provider
    return list(files_in(folder, str(folder), beside=False))


def known_ids() -> list[str]:
    """The ids by which `files_of` finds a provider."""
    shipped = sorted(path.partition("/")[0] for path in sources.schemas() if path.endswith(f"/{PROVIDER}"))
    here = sorted(path.name for path in Path(FOLDER).glob("*") if path.is_dir())
    return list(dict.fromkeys([*here, *(file.folder for file in own_files()), *(n for n in shipped if n != "meta")]))


def settled_as_trusted(files: Sequence[UserFile]) -> UserFiles:
    """What the files of one folder would be beside all others, if they were trusted."""
    given = {os.path.abspath(file.shown) for file in files}
    own = [one for one in own_files() if os.path.abspath(one.shown) not in given]
    trusted = {file.digest for file in files}
    return settle(sources.schemas(), [*own, *files], trusted.__contains__, owners())


def judge(files: Sequence[UserFile]) -> Problems:
    """Everything that is wrong with the files of one provider. Those that stand beside them are looked at as well."""
    shipped, problems = sources.schemas(), Problems()
    folder = Path(files[0].shown).parent if files else Path()
    whole = {os.path.abspath(one.shown): one for one in files_in(folder, str(folder), beside=files[0].beside)}
    whole |= {os.path.abspath(one.shown): one for one in files}
    beside = next((one.document for one in whole.values() if one.name == PROVIDER), None)
    provider = beside if beside is not None else shipped.get(f"{folder.resolve().name}/{PROVIDER}")
    ships, broken = str(sources.schema_folder()) == str(folder.parent), set()
    for file in files:
        before = problems.reported
        _judge_one(file, provider, problems, ships=ships)
        if problems.reported > before:
            broken.add(file.shown)
    if ships:
        return problems  # beside all others they would be known twice
    found = settled_as_trusted(list(whole.values()))
    catalog = catalog_of(shipped, sources.today(), own_prices(), found)
    whole_provider = not any(file.name == PROVIDER and file.shown in broken for file in files)
    for fault in catalog.files.faults:
        new = fault.shown not in broken and whole_provider  # else it follows from what was told
        if fault.shown in {file.shown for file in files} and (fault.breach or new):
            problems.error("provider-file", fault.why, fault.span or Source(fault.shown, "").span(0))
    for file in files:
        model = next((m for m in found.models if m is file), None)
        why = catalog.why_broken(file.document["x-seedspec"]["model"]) if model is not None else ""
        if why and file.shown not in broken and not problems.failed:
            problems.error("model-file", why, Source(file.shown, file.text).span(0))
    return problems


def _judge_one(file: UserFile, provider: Any, problems: Problems, *, ships: bool) -> None:
    source = Source(file.shown, file.text)
    if file.fault:
        problems.error("provider-file", file.fault, source.span(file.fault_at or 0))
    if file.document is None:
        return
    root = nodes_of(source, problems)
    for violation in _violations(file, provider, ships=ships):
        where = place_of(root, violation) if root is not None else None
        problems.error(violation.code, violation.message, where or source.span(0), *violation.notes)


def _violations(file: UserFile, provider: Any, *, ships: bool) -> Iterator[Violation]:
    shipped = sources.schemas()
    if file.name == PROVIDER:
        yield from provider_file.faults(file.document, file.folder, Schema(shipped[f"meta/{PROVIDER}"]))
    elif file.name == PRICES:
        yield from price_faults(file.document, Schema(shipped[f"meta/{PRICES}"]))
        if isinstance(file.document, dict) and file.document.get("provider", file.folder) != file.folder:
            what = f"expected the name of its folder, `{file.folder}`"
            yield Violation(("provider",), "provider-file", what)
    else:
        if not ships:
            yield from model_rules.faults(file.document, file.folder, model_rules.patterns_of(shipped))
        yield from model_faults(file.document, provider, form_of(shipped["meta/model.json"]))


def _is_own(path: Path) -> bool:
    try:
        return path.absolute().is_relative_to(user_config())
    except RuntimeError:
        return False
