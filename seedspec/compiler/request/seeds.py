"""Takes of one row that are sent with the same seed: they come out nearly alike, and each is paid for."""

from __future__ import annotations

from seedspec.compiler.entry import RequestBase
from seedspec.text.diagnostic import Problems


def check_seeds(first: RequestBase, second: RequestBase, takes: int, problems: Problems, entry: str) -> None:
    """Warns where two takes have one seed, at the place that sets it."""
    field = first.model.means.field("seed")
    if not field or (seed := first.fields.get(field)) is None or second.fields.get(field) != seed:
        return
    origin = first.origins.get(field)
    if origin is None or origin.span is None:
        return
    message = f"{takes} takes are sent with one seed, {seed}: they come out nearly alike, and each is paid for"
    hint = f'a seed for each take: `{field}: "{{{{ 1000 + take }}}}"`; or leave it out, and the service takes its own'
    problems.warning("seed-with-takes", message, origin.span, hint, entry=entry)
