"""The ids of models in a storyboard, wherever one is named: each is a model of the catalog, or told at its place."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from seedspec.catalog.model import Catalog, Model
from seedspec.catalog.schema import edits_of, shorten
from seedspec.catalog.user_files import FileFault, UserFiles
from seedspec.compiler.entry import MODEL
from seedspec.compiler.storyboard.dates import check_dates
from seedspec.compiler.storyboard.model_hints import hint_of_model
from seedspec.compiler.storyboard.types import Axis, Pattern
from seedspec.text.diagnostic import Problems, did_you_mean, list_words
from seedspec.text.lookalike import odd_in
from seedspec.text.near import fold, nearest
from seedspec.text.node import Map, Node, Scalar, Sequence


def model_of(node: Scalar, catalog: Catalog, problems: Problems, *hints: str) -> Model | None:
    """The model that is named, or the near one that was meant; for none, which is reported already, the only one.

    `hints` are what else may be meant.
    """
    text, known = node.text, catalog.models
    if (fault := next((f for f in catalog.files.faults if f.breach and text in f.models), None)) is not None:
        problems.error("provider-file", str(fault), node.span)
        return known.get(text)
    if why := catalog.why_broken(text):
        problems.error("model-file", f"the file of model `{text}` cannot be used: {why}", node.span)
        return None
    if text in known:
        check_dates(known[text], catalog, node.span, problems)
        hint_of_model(known[text], node.span, problems)
        return known[text]
    if not text:
        if node.style:  # quotes with nothing in them; else it stands in for one that is missing
            _report_nothing(node, catalog, problems)
        return catalog.usual
    if "{{" in text or "{%" in text:
        message = f"`{shorten(text, 40)}` is a template; expected the id of a model"
        hint = "an axis makes a video with each model: `matrix: {axes: {model: {fast: ID, good: ID}}}`"
        problems.error("unknown-model", message, node.span, hint)
        return None
    if (file := catalog.files.waiting.get(text)) is not None:
        message = f"model `{text}` is of a provider that nobody has trusted; `{file}` says where its key goes"
        problems.error("provider-not-trusted", message, node.span, f"look at it: seedspec trust {shlex.quote(file)}")
        return None
    usual, bare = catalog.usual, text.rpartition("/")[2]
    family = usual is not None and len(bare) > 5 and usual.id.startswith(bare)
    near = usual.id if usual is not None and family else nearest(text, known)
    same = near if near is not None and fold(near) == fold(text) else None  # it is written in another form alone
    message = "; ".join(
        (
            f"unknown model `{shorten(text)}`",
            *odd_in(text),
            f"expected {list_words(sorted(known, key=lambda name: usual is None or name != usual.id), 6)}",
        )
    )
    meant = (f"did you mean `{near}`?",) if family else did_you_mean(text, known)
    notes = (*meant, *hints) or (
        (f"write `model: {next(iter(known))}`",) if len(known) == 1 else ("`seedspec models` shows all of them",)
    )
    problems.error("unknown-model", message, node.span, *notes, *edits_of(node.span, same))
    if near is None:
        return None
    return known[near] if same or family else usual  # what another model lacks would be no news


def _report_nothing(node: Scalar, catalog: Catalog, problems: Problems) -> None:
    problems.error("unknown-model", f"no model stands here; expected {list_words(catalog.models)}", node.span)


def report_files(files: UserFiles, problems: Problems) -> None:
    """What is wrong with the files of users. One that a storyboard brings, and that takes another's place, is an error:
    whoever wrote it meant something to go elsewhere."""
    for fault in files.faults:
        if fault.breach and fault.beside:
            problems.error("provider-file", _show_fault(fault), fault.span)
        else:
            problems.warning("provider-file", _show_fault(fault), fault.span)


def _show_fault(fault: FileFault) -> str:
    return str(fault) if fault.span is None else fault.why


def names_model(board: Map) -> bool:
    """Whether a storyboard names a model anywhere but at its top."""
    profiles = board.get("profiles")
    parts: list[Node] = [board, *_items(board.get("shots"))]
    layers = [item for part in parts if isinstance(part, Map) for item in _items(part.get("overrides"))]
    layers += [*parts[1:], *(p.value for _, p in profiles.items())] if isinstance(profiles, Map) else parts[1:]
    if any(isinstance(layer, Map) and MODEL in layer.pairs for layer in layers):
        return True
    for part in parts:
        matrix = part.get("matrix") if isinstance(part, Map) else None
        axes = matrix.get("axes") if isinstance(matrix, Map) else None
        for name, pair in axes.items() if isinstance(axes, Map) else ():
            rows = [p.value for _, p in pair.value.items()] if isinstance(pair.value, Map) else _items(pair.value)
            if name == MODEL or any(isinstance(row, Map) and MODEL in row.pairs for row in rows):
                return True
    return False


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


class ModelNames:
    """Judges the ids of models that a storyboard names below its top. A near one stands for what was meant."""

    def __init__(self, catalog: Catalog, problems: Problems) -> None:
        self._catalog, self._problems = catalog, problems

    def known(self, node: Scalar, *hints: str) -> Scalar:
        """The id as it was meant; what is no id of a model is reported, and stays as it is written."""
        if not node.text:
            _report_nothing(node, self._catalog, self._problems)
            return node
        found = model_of(node, self._catalog, self._problems, *hints)
        return node if found is None or found.id == node.text else Scalar(found.id, node.span, node.style)

    def of_axis(self, axis: Axis) -> Axis:
        """An axis whose ids of models are known: its values where it is named `model`, else a key or column of them."""
        if axis.name != MODEL and not any(isinstance(v, Map) and MODEL in v.pairs for v in axis.values.values()):
            return axis
        judge = self._of_label if axis.name == MODEL else self._of_key
        return replace(axis, values={label: judge(axis, label, value) for label, value in axis.values.items()})

    def _of_label(self, axis: Axis, label: str, value: Node) -> Node:
        if not isinstance(value, Scalar):
            message = (
                f"label `{label}` of axis `model` has no id of a model; expected {list_words(self._catalog.models)}"
            )
            bundle = f"`tier: {{{label}: {{model: ID, quality: 720p}}}}`"
            self._problems.error(
                "unknown-model", message, value.span, f"what moves with a model has another name: {bundle}"
            )
            return value
        usual = self._catalog.usual
        example = usual.id if usual is not None else "ID"
        found = self.known(value, *((f"a label needs the id: `{MODEL}: {{{label}: {example}}}`",) if axis.open else ()))
        if label != found.text and label in self._catalog.models:
            message = f"label `{label}` is the id of a model, and stands for `{found.text}`; expected another label"
            hint = f"give it a name of its own, such as `{_short(found.text)}`, or write `{label}: {label}`"
            self._problems.error("model-label", message, axis.place(label), hint)
        return found

    def _of_key(self, axis: Axis, label: str, value: Node) -> Node:
        pair = value.pairs.get(MODEL) if isinstance(value, Map) else None
        if pair is None or not isinstance(value, Map):
            return value
        if not isinstance(pair.value, Scalar):
            message = f"`model` of `{axis.name}={label}` is no id; expected {list_words(self._catalog.models)}"
            self._problems.error("unknown-model", message, pair.value.span)
            return value
        found = self.known(pair.value, f"a word for people or templates needs another name than `{MODEL}`")
        return value if found is pair.value else Map({**value.pairs, MODEL: pair._replace(value=found)}, value.span)

    def check_included(self, axes: Iterable[Axis], include: Iterable[Pattern]) -> None:
        """The models that included rows bring to a list axis."""
        axis = next((a for a in axes if a.name == MODEL and a.open), None)
        for pattern in include if axis is not None else ():
            for label in pattern.wanted.get(MODEL, ()):
                if axis is not None and label.text not in axis.values:
                    self.known(label.node)


def _short(model: str) -> str:
    """A label for a model: what tells it from others, in short."""
    parts = model.split("-")
    return next((p for p in parts if p in ("fast", "mini", "lite", "pro")), parts[0])
