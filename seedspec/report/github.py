"""A run as GitHub's annotations: what failed, at the line of the prompt that asked for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from seedspec.lock.run_events import Bound
from seedspec.plan.command_hint import CommandHint
from seedspec.plan.plan import Step
from seedspec.report import expected
from seedspec.report.diagnostics import MOST_ANNOTATIONS
from seedspec.report.outcome import End, Outcome, Outcomes
from seedspec.text.visible import visible


def commands(found: Outcomes, shown: Callable[[str], str]) -> list[str]:
    """Workflow commands: doubts, then what failed, then what is not as expected.

    Where they are too many, the last one counts the rest.
    `shown` gives a file's path as GitHub knows it: relative to the top of the repository.
    """
    worst = [_annotation(o, shown, found.commands) for o in (*found.of(End.DOUBT), *found.of(End.FAILED))]
    worst += (unmet := [_unmet(o.address, bound, shown) for o in found for bound in o.unmet])
    more = list(_others(found, shown))
    room = MOST_ANNOTATIONS if len(worst) <= MOST_ANNOTATIONS else MOST_ANNOTATIONS - 1
    lines = worst[:room]
    if left := len(worst) - len(lines):
        how = "failed, are in doubt or are not as expected" if unmet else "failed or are in doubt"
        lines.append(workflow_command("error", {"title": "seedspec"}, f"{left} more entries {how}"))
    return [*lines, *more[:MOST_ANNOTATIONS]]


def workflow_command(kind: str, properties: dict[str, object], message: str) -> str:
    """One workflow command; nothing in it can end it early or begin another."""
    listed = ",".join(f"{k}={_property(visible(str(v)))}" for k, v in properties.items())
    lines = "\n".join(visible(line) for line in message.split("\n"))
    return f"::{kind} {listed}::{_value(lines)}"


def below(top: str) -> Callable[[str], str]:
    """Paths relative to the top of a checkout, where they are inside of it."""

    def shown(path: str) -> str:
        found = os.path.relpath(path, top) if top else path
        return path if found.startswith("..") else found.replace(os.sep, "/")

    return shown


def _annotation(outcome: Outcome, shown: Callable[[str], str], commands: CommandHint) -> str:
    where = _place(outcome.step, shown)
    if outcome.end is End.DOUBT:
        settle = f"{commands.on('settle', outcome.address)} settles it; nothing is sent again before"
        return workflow_command(
            "error", {**where, "title": "in doubt"}, f"{outcome.address}: {outcome.why.message}\n{settle}"
        )
    said = f"{outcome.address}: {outcome.why.message}"
    if outcome.why.then == "change":
        said += "\nthe request must change"
    return workflow_command("error", {**where, "title": f"failed: {outcome.why.code}"}, said)


def _unmet(address: str, bound: Bound, shown: Callable[[str], str]) -> str:
    """An expectation that a video does not meet, at the line that says it."""
    where = {"file": shown(bound.file), "line": bound.line, "col": bound.column}
    return workflow_command("error", {**where, "title": "not as expected"}, expected.say(address, bound))


def _others(found: Outcomes, shown: Callable[[str], str]) -> Iterator[str]:
    for why in found.stops.values():
        lead = "one service was sent nothing more" if why.provider else "nothing more was submitted"
        yield workflow_command("warning", {"title": lead}, why.message)
    done = found.finished
    if done is not None and (left := done.running + done.to_fetch + done.waiting):
        yield workflow_command(
            "warning", {"title": "not finished"}, f"{left} left: run again to go on, nothing is bought twice"
        )
    for outcome in found.of(End.SAVED):
        for mismatch in outcome.mismatches:
            place = {**_place(outcome.step, shown), "title": "not as asked for"}
            yield workflow_command("warning", place, f"{outcome.address}: {mismatch}")


def _place(step: Step, shown: Callable[[str], str]) -> dict[str, object]:
    origin = step.entry.origins.get("prompt") if step.entry is not None else None
    if origin is None or origin.span is None:
        return {}
    return {"file": shown(origin.span.source.path), "line": origin.span.place[0]}


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
