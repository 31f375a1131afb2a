"""What nobody has promised of a model: its price may be a guess, the size of its videos unknown. Each is a hint."""

from __future__ import annotations

from seedspec.catalog.model import Model
from seedspec.catalog.schema import shorten
from seedspec.text.diagnostic import Diagnostic, Problems, Severity
from seedspec.text.source import Span


def hint_of_model(model: Model, place: Span, problems: Problems) -> None:
    """Says at the place that names a model what can be relied on less than of others."""
    if model.rate.sure == "guessed":
        said = (
            f"the price of model `{model.id}` is a guess ({shorten(model.rate.source, 60)}): `plan` marks it with `~`"
        )
        message = f"{said}; buy one entry first, `--max-entries 1`, and compare"
        problems.add(Diagnostic(code="price-guessed", message=message, span=place, severity=Severity.HINT))
    if not model.pixels:
        said = (
            f"no size is promised of what model `{model.id}` makes: a video of another size than asked for is not told"
        )
        message = f"{said}; look at one first, `--max-entries 1`"
        problems.add(Diagnostic(code="output-unknown", message=message, span=place, severity=Severity.HINT))
