"""Files of users: which of them count, which wait to be trusted, and which break a rule, beside those that ship."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from seedspec.catalog import model_rules, provider_file
from seedspec.catalog.schema import Schema, Violation, place_of
from seedspec.text.diagnostic import Problems
from seedspec.text.json_nodes import nodes_of
from seedspec.text.node import Path
from seedspec.text.source import Source, Span
from seedspec.text.value import valueclass

PROVIDER, PRICES = "provider.json", "prices.json"

State = Literal["used", "inert", "refused"]


@valueclass(frozen=True, slots=True)
class UserFile:
    """A file of the folder of a provider: in the user's own settings, or `beside` a storyboard, in a stranger's hand.

    `shown` is its path for people, `digest` the sha256 of the bytes that `document` was read from, and `text` is what
    they hold. `fault` says why it could not be read; then there is no document. `fault_at` is where in the text.
    """

    folder: str
    name: str
    shown: str
    beside: bool
    document: Any = None
    digest: str = ""
    fault: str = ""
    text: str = ""
    fault_at: int | None = None

    def span(self, violation: Violation | None = None) -> Span | None:
        """Where in the file something is wrong; None where that cannot be told."""
        source = Source(self.shown, self.text)
        if violation is None:
            return None if self.fault_at is None else source.span(self.fault_at)
        root = nodes_of(source, Problems()) if self.text else None
        return None if root is None else place_of(root, violation)


@valueclass(frozen=True, slots=True)
class FileFault:
    """What is wrong with a file, where in it, and which models are not to be had for it. A `breach` is a rule that it
    breaks against other files, such as an id or a variable that is another's."""

    shown: str
    why: str
    beside: bool
    breach: bool = False
    models: tuple[str, ...] = ()
    span: Span | None = None

    def __str__(self) -> str:
        return f"`{self.span or self.shown}`: {self.why}"


def fault_in(file: UserFile, violation: Violation, *, breach: bool = False, models: tuple[str, ...] = ()) -> FileFault:
    """What breaks a rule in a file, with its place."""
    return FileFault(file.shown, str(violation), file.beside, breach, models, file.span(violation))


@valueclass(frozen=True, slots=True)
class UserFiles:
    """What users' files give: `providers` by id and `models` that count, `prices` of providers, and what does not.

    `waiting` has the provider file that nobody has trusted, by the ids of its models. `states` says of each provider
    file whether it counts, with the reason where it does not.
    """

    providers: Mapping[str, Mapping[str, Any]]
    models: tuple[UserFile, ...]
    prices: Mapping[str, UserFile]
    faults: tuple[FileFault, ...]
    waiting: Mapping[str, str]
    states: tuple[tuple[UserFile, State, str], ...]


_INSTEAD = "nothing takes its place: remove this file, or give it another id"
NONE = UserFiles({}, (), {}, (), {}, ())


def settle(
    shipped: Mapping[str, Any],
    files: Iterable[UserFile],
    is_trusted: Callable[[str], bool],
    owners: Mapping[str, tuple[str, str]] | None = None,
) -> UserFiles:
    """Which of users' files count beside those that ship, by their paths below schemas/.

    Nothing takes the place of what is known: neither the id of a provider or model, nor a variable. `owners` has the
    variables of files that were trusted elsewhere, each with its provider and file. A provider file beside a storyboard
    counts only where its digest is trusted.
    """
    given = list(files)
    return _Settling(shipped, is_trusted, owners or {}).settle(given) if given else NONE


def id_of(document: Any) -> str:
    """The id of a model by its file; "" where it has none."""
    own = document.get("x-seedspec") if isinstance(document, Mapping) else None
    found = own.get("model") if isinstance(own, Mapping) else None
    return found if isinstance(found, str) else ""


def _unread(file: UserFile) -> FileFault:
    return FileFault(file.shown, file.fault, file.beside, span=file.span())


def _clash(place: Path, why: str) -> Violation:
    return Violation(place, "provider-file", why)


class _Settling:
    def __init__(
        self,
        shipped: Mapping[str, Any],
        is_trusted: Callable[[str], bool],
        owners: Mapping[str, tuple[str, str]],
    ) -> None:
        self.form, self.is_trusted = Schema(shipped["meta/provider.json"]), is_trusted
        self.patterns = model_rules.patterns_of(shipped)
        self.known: dict[str, str] = {}
        self.variables: dict[str, tuple[str, str]] = {}
        self.ids: dict[str, str] = {}
        for path, document in shipped.items():
            folder, _, name = path.rpartition("/")
            if name == PROVIDER and folder != "meta":
                self._take(folder, document, f"`{path}` of seedspec itself")
            elif model := id_of(document):
                self.ids[model] = f"`{path}` of seedspec itself"
        self.elsewhere = owners
        self.usable: dict[str, Mapping[str, Any]] = {folder: {} for folder in self.known}
        self.inert: dict[str, str] = {}
        self.states: list[tuple[UserFile, State, str]] = []
        self.faults: list[FileFault] = []
        self.models: list[UserFile] = []
        self.waiting: dict[str, str] = {}

    def settle(self, files: list[UserFile]) -> UserFiles:
        for beside in (False, True):
            layer = [file for file in files if file.beside is beside]
            for file in layer:
                if file.name == PROVIDER:
                    self._provider(file)
            for file in layer:
                if file.name not in (PROVIDER, PRICES):
                    self._model(file)
        prices = {f.folder: f for f in files if f.name == PRICES and f.beside and f.folder in self.usable}
        providers = {folder: document for folder, document in self.usable.items() if document}
        return UserFiles(
            providers, tuple(self.models), prices, tuple(self.faults), self.waiting, tuple(self.states)
        )  # fmt: skip

    def _provider(self, file: UserFile) -> None:
        if clash := self._clash(file):
            self._refuse(file, fault_in(file, clash, breach=True))
        elif file.fault:
            self._refuse(file, _unread(file))
        elif wrong := next(provider_file.faults(file.document, file.folder, self.form), None):
            self._refuse(file, fault_in(file, wrong))
        elif file.beside and not self.is_trusted(file.digest):
            self.inert[file.folder] = file.shown
            self.states.append((file, "inert", f"nobody has trusted it: seedspec trust {shlex.quote(file.shown)}"))
        else:
            self._take(file.folder, file.document, f"`{file.shown}`")
            self.usable[file.folder] = file.document
            self.states.append((file, "used", ""))

    def _take(self, folder: str, document: Any, shown: str) -> None:
        self.known[folder] = shown
        for variable in provider_file.variables_of(document):
            self.variables[variable] = (folder, shown)

    def _clash(self, file: UserFile) -> Violation | None:
        """Which id or variable of the file is another's."""
        own = file.document.get("id") if isinstance(file.document, Mapping) else None
        for name in (file.folder, own):
            if isinstance(name, str) and (known := self.known.get(name)) is not None:
                return _clash(("id",), f"provider `{name}` is known by {known} already; {_INSTEAD}")
        for variable in provider_file.variables_of(file.document):
            owner = self.variables.get(variable) if isinstance(variable, str) else None
            owner = owner or (self.elsewhere.get(variable) if isinstance(variable, str) else None)
            if owner is not None and owner[0] != own:
                why = f"`{variable}` belongs to provider `{owner[0]}`, by {owner[1]}; no other file may name it"
                return _clash(provider_file.place_of_variable(file.document, variable), why)
        return None

    def _refuse(self, file: UserFile, fault: FileFault) -> None:
        self.faults.append(fault)
        self.states.append((file, "refused", fault.why))

    def _model(self, file: UserFile) -> None:
        model = id_of(file.document)
        ids = (model,) if model else ()
        if model and (known := self.ids.get(model)) is not None:
            wrong = _clash(("x-seedspec", "model"), f"model `{model}` is known by {known} already; {_INSTEAD}")
            self.faults.append(fault_in(file, wrong, breach=True, models=ids))
        elif file.fault:
            self.faults.append(_unread(file))
        elif found := next(model_rules.faults(file.document, file.folder, self.patterns), None):
            self.faults.append(fault_in(file, found, models=ids))
        elif file.folder in self.usable:
            self.ids[model] = f"`{file.shown}`"
            self.models.append(file)
        elif file.folder in self.inert:
            self.ids[model] = f"`{file.shown}`"
            self.waiting[model] = self.inert[file.folder]
        else:
            why = f"its provider `{file.folder}` is not known, or its `{PROVIDER}` cannot be used"
            self.faults.append(FileFault(file.shown, why, file.beside, models=ids))
