"""The dated prices of one provider as its files have them: judged, layered, and the row of a day as a Rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from seedspec.catalog.expression import BadExpression, number_of, parse
from seedspec.catalog.price import Certainty, Part, Rate
from seedspec.catalog.schema import Schema, Violation, shorten
from seedspec.text.value import valueclass

MOST_DEPTH, MOST_PARTS = 80, 200_000
_UNREADABLE = "it is no price file: not JSON, or more than a price file has"


@valueclass(frozen=True, slots=True)
class Row:
    """The prices of a model from a day on. `fault` says what is wrong with it; then it gives no price.

    `since` is "" where even the day cannot be read. `file` is the file that it stands in, `beside` a storyboard or not.
    """

    since: str
    file: str
    document: Mapping[str, Any]
    fault: str = ""
    beside: bool = False


@valueclass(frozen=True, slots=True)
class PriceBook:
    """The rows of each model, oldest first. `faults` are what is wrong with the files beside single rows."""

    provider: str
    rows: Mapping[str, tuple[Row, ...]]
    credits_per_usd: Decimal
    as_of: str
    faults: tuple[str, ...] = ()

    def in_force(self, model: str, day: str) -> Row | None:
        """The row of a day: the last that has begun, else the first, which is the best that is known.

        A row whose day cannot be read may be in force, and so counts as the last. `day` is written as in the file.
        """
        rows = self.rows.get(model, ())
        begun = [r for r in rows if r.since <= day or not r.since]
        return begun[-1] if begun else rows[0] if rows else None

    def all_faults(self) -> list[str]:
        """Everything that is wrong with the files, each with its place."""
        rows = [row for found in self.rows.values() for row in found]
        return [*self.faults, *(fault for row in rows if (fault := row.fault or _parts_of(row)[1]))]

    def rate(self, model: str, day: str) -> Rate:
        """The prices of a model that are in force on a day; without parts where none is known."""
        row = self.in_force(model, day)
        if row is None:
            return self._rate_without_price(f"no price of `{model}` is known")
        if row.fault:
            return self._rate_without_price(row.fault)
        until = str(row.document.get("until", ""))
        if until and until < day:
            return self._rate_without_price(f"the last known price of `{model}` ended on {until}")
        parts, fault = _parts_of(row)
        if fault:
            return self._rate_without_price(fault)
        margin = number_of(row.document.get("margin", "0"))
        sure: Certainty = "guessed" if row.beside else row.document["sure"]  # whoever spends has only a stranger's word
        return Rate(
            row.since, row.document["source"], sure, parts, self.credits_per_usd, margin, until, beside=row.beside
        )  # fmt: skip

    def _rate_without_price(self, why: str) -> Rate:
        return Rate(self.as_of, "", "unpriced", (), self.credits_per_usd, why=why)


def price_book(path: str, document: Any, form: Schema) -> PriceBook | str:
    """The prices of a file by its content; a sentence for one of which nothing can be used.

    `form` is the schema of price files. A row that breaks it is kept with its fault, and all others can be used.
    """
    if not is_small(document) or not isinstance(document, Mapping):
        return f"`{path}`: {_UNREADABLE}"
    wrong = {} if form.is_valid(document) else _wrong_rows(path, document, form)
    if isinstance(wrong, str):
        return wrong
    unit, faults = document["unit"], []
    rows: dict[str, tuple[Row, ...]] = {}
    for model, found in document["models"].items():
        if (whole := wrong.get((model, None))) is not None:
            rows[model] = (Row("", path, {}, whole),)
            continue
        made = [
            Row(_day_of(r), path, r if isinstance(r, Mapping) else {}, wrong.get((model, n), ""))
            for n, r in enumerate(found)
        ]
        made = [
            r
            if r.since or r.fault
            else Row("", path, {}, f"{_at(path, model, n)}/from: expected a day, like `2026-10-10`")
            for n, r in enumerate(made)
        ]
        days = [r.since for r in made if r.since]
        faults += [f"{_at(path, model, 0)}: two rows from {d}" for d, many in Counter(days).items() if many > 1]
        rows[model] = tuple(sorted(made, key=lambda r: (not r.since, r.since)))
    return PriceBook(document["provider"], rows, Decimal(unit["per_usd"]), unit["as_of"], tuple(faults))


def price_faults(document: Any, form: Schema) -> Iterator[Violation]:
    """Everything that is wrong with a price file, each with its place; `form` is the meta schema of price files."""
    if not is_small(document) or not isinstance(document, Mapping):
        yield Violation((), "provider-file", _UNREADABLE)
    elif not form.is_valid(document):
        yield from form.violations(document)
    else:
        for model, rows in document["models"].items():
            days = [row["from"] for row in rows]
            for n, row in enumerate(rows):
                here = ("models", model, n)
                if not is_day(row["from"]):
                    yield Violation((*here, "from"), "provider-file", "expected a day, like `2026-10-10`")
                elif row["from"] in days[:n]:
                    yield Violation((*here, "from"), "provider-file", f"a second row from {row['from']}")
                for where, part in enumerate(row["parts"]):
                    try:
                        _part(part)
                    except BadExpression as error:
                        yield Violation((*here, "parts", where, *error.path), "provider-file", str(error))


def layer_prices(shipped: PriceBook, path: str, document: Any, form: Schema) -> PriceBook:
    """A book with the rows of the user's own file over it: those that begin later than every row that it has.

    A file of which nothing can be used changes nothing, and is one of the faults then.
    """
    own = price_book(path, document, form)
    if isinstance(own, str):
        return _with_faults(shipped, own)
    if (own.provider, own.credits_per_usd) != (shipped.provider, shipped.credits_per_usd):
        why = f"`{path}`: it is of another provider, or of a credit of another value, so it is left out"
        return _with_faults(shipped, why)
    rows = dict(shipped.rows)
    for model, found in own.rows.items():
        known = rows.get(model, ())
        last = max((r.since for r in known), default="")
        rows[model] = (*known, *(r for r in found if r.since > last or not r.since))
    return PriceBook(shipped.provider, rows, shipped.credits_per_usd, shipped.as_of, (*shipped.faults, *own.faults))


def with_beside(known: PriceBook | None, path: str, document: Any, form: Schema) -> tuple[PriceBook | str, list[str]]:
    """A book with what a file beside a storyboard adds: rows of models without any; and why the rest is left out.

    A price that is known is never lowered or replaced there.
    """
    own = price_book(path, document, form)
    if isinstance(own, str):
        return known or own, [own]
    rows = {model: tuple(replace(row, beside=True) for row in found) for model, found in own.rows.items()}
    if known is None:
        return replace(own, rows=rows), []
    if (own.provider, own.credits_per_usd) != (known.provider, known.credits_per_usd):
        return known, [f"`{path}`: it is of another provider, or of a credit of another value, so it is left out"]
    twice = [model for model in rows if known.rows.get(model)]
    left = [f"`{path}`: a price of `{model}` is known already, so this one is left out" for model in twice]
    added = {model: found for model, found in rows.items() if model not in twice}
    return replace(known, rows={**known.rows, **added}, faults=(*known.faults, *own.faults)), left


def is_small(document: Any) -> bool:
    """Whether a document is so small, and so little nested, that it can be judged in bounded time."""
    parts, left = 0, [(document, 1)]
    while left:
        one, depth = left.pop()
        parts += 1
        if depth > MOST_DEPTH or parts > MOST_PARTS:
            return False
        if isinstance(one, Mapping):
            left += [(v, depth + 1) for v in one.values()]
        elif isinstance(one, list):
            left += [(v, depth + 1) for v in one]
    return True


def is_day(text: Any) -> bool:
    """Whether a text is a day as price files write it."""
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _with_faults(book: PriceBook, *more: str) -> PriceBook:
    return PriceBook(book.provider, book.rows, book.credits_per_usd, book.as_of, (*book.faults, *more))


def _wrong_rows(path: str, document: Mapping[str, Any], form: Schema) -> dict[tuple[str, int | None], str] | str:
    """What breaks the form, by model and row, None for all of its rows; a sentence where it is all of the file."""
    found: dict[tuple[str, int | None], str] = {}
    for v in form.violations(document):
        said = f"`{path}`, {'/'.join(map(str, v.path))}: {v.message}" if v.path else f"`{path}`: {v.message}"
        if len(v.path) < 2 or v.path[0] != "models":
            return shorten(said, 300)
        row = v.path[2] if len(v.path) > 2 and isinstance(v.path[2], int) else None
        found.setdefault((str(v.path[1]), row), shorten(said, 300))
    return found or f"`{path}`: {_UNREADABLE}"


def _day_of(row: Any) -> str:
    day = row.get("from") if isinstance(row, Mapping) else None
    return str(day) if is_day(day) else ""


def _at(path: str, model: str, number: int) -> str:
    return f"`{path}`, models/{model}/{number}"


def _parts_of(row: Row) -> tuple[tuple[Part, ...], str]:
    """The parts of a row, and what is wrong with the first that is none."""
    made = []
    for where, part in _places(row.document.get("parts", ())):
        try:
            made.append(_part(part))
        except BadExpression as error:
            place = "/".join(map(str, (where, *error.path)))
            return (), f"`{row.file}`, row of {row.since}, {place}: {error}"
    return tuple(made), ""


def _part(part: Mapping[str, Any]) -> Part:
    return Part(
        part["name"],
        number_of(part["rate"], ("rate",)),
        _under("quantity", part["quantity"]),
        _under("when", part["when"]) if "when" in part else None,
        number_of(part.get("minimum", "0"), ("minimum",)),
    )


def _places(parts: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"parts/{n}", part) for n, part in enumerate(parts))


def _under(key: str, tree: Any) -> Any:
    try:
        return parse(tree, "truth" if key == "when" else "number")
    except BadExpression as error:
        raise BadExpression((key, *error.path), str(error)) from None
