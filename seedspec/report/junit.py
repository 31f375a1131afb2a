"""A run as JUnit XML, for CI servers: the storyboard is a suite, each entry a case; what is in doubt is an error."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree as ET

from seedspec.catalog.price import Rate
from seedspec.compiler.address import shot_of
from seedspec.plan.command_hint import CommandHint
from seedspec.report import expected
from seedspec.report.by_model import run_rows
from seedspec.report.money import both, cost_of_bought
from seedspec.report.outcome import End, Outcome, Outcomes
from seedspec.text.visible import visible

_SKIPPED = (End.HELD, End.RUNNING, End.FETCH, End.WAITING)
_NEVER = "1970-01-01T00:00:00"
_WORDS = {
    End.HELD: "held",
    End.RUNNING: "still running at the service: run again",
    End.FETCH: "bought and to be fetched: run again",
    End.WAITING: "not bought",
}


def junit(found: Outcomes, name: str, rate: Rate, trouble: str = "") -> bytes:
    """The whole file, by the rules that the schemas of Ant's JUnit task and of Jenkins have in common.

    A failed entry is a failure, and so is a video that is not as expected; a doubt is an error. What waits, runs or is
    held is skipped. An entry that an earlier run saved passes, in no time. `trouble` that ended the run before its end
    is one case more, an error.
    """
    cases = list(found)
    count = {end: sum(o.end is end for o in cases) for end in End}
    begun = found.started.at if found.started else ""
    ended = found.finished.at if found.finished else begun
    top = ET.Element("testsuites")
    suite = _element(
        top,
        "testsuite",
        {
            "name": name,
            "package": "seedspec",
            "id": "0",
            "timestamp": begun.removesuffix("Z") or _NEVER,
            "hostname": "localhost",
            "tests": str(len(cases) + bool(trouble)),
            "failures": str(count[End.FAILED] + sum(bool(o.unmet) for o in cases)),
            "errors": str(count[End.DOUBT] + bool(trouble)),
            "skipped": str(sum(count[end] for end in _SKIPPED)),
            "time": _seconds(begun, ended),
        },
    )
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(found, rate).items():
        _element(properties, "property", {"name": key, "value": value})
    for outcome in cases:
        _case(suite, outcome, name, found.commands)
    if trouble:
        _trouble(suite, name, trouble)
    saved = [f"{o.address}: {found.commands.path(o.file)}" for o in cases if o.file]
    ET.SubElement(suite, "system-out").text = _lines(saved)
    said = [why.message for why in found.stops.values()]
    said += [f"warning: {o.address}: {s}" for o in cases for s in o.mismatches]
    unknown = [(take.entry, b) for take in found.compared for b in take.not_measured]
    said += [f"not measured: {address}: {b.measure}, expected at {b.place}" for address, b in unknown]
    ET.SubElement(suite, "system-err").text = _lines(said)
    return _write(top)


def not_begun(name: str, trouble: str) -> bytes:
    """The file of a run that could not begin: one case, an error."""
    top = ET.Element("testsuites")
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": "0"}
    told = {"name": visible(name), "package": "seedspec", "id": "0", "timestamp": _NEVER, "hostname": "localhost"}
    suite = ET.SubElement(top, "testsuite", told | counts)
    ET.SubElement(suite, "properties")
    _trouble(suite, name, trouble)
    ET.SubElement(suite, "system-out").text = ""
    ET.SubElement(suite, "system-err").text = ""
    return _write(top)


def _trouble(suite: ET.Element, name: str, trouble: str) -> None:
    case = ET.SubElement(suite, "testcase", {"name": "the run", "classname": visible(name), "time": "0"})
    ET.SubElement(case, "error", {"type": "trouble", "message": visible(trouble)}).text = visible(trouble)


def _write(top: ET.Element) -> bytes:
    ET.indent(top)
    written: str = ET.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'.encode()


def _element(parent: ET.Element, tag: str, said: dict[str, str]) -> ET.Element:
    """An element whose attributes have no character that XML cannot hold."""
    return ET.SubElement(parent, tag, {name: visible(value) for name, value in said.items()})


def _lines(lines: list[str]) -> str:
    """Lines of text without characters that XML cannot hold."""
    return "\n".join(visible(line) for line in lines)


def _properties(found: Outcomes, rate: Rate) -> dict[str, str]:
    done = found.finished
    if done is None:
        return {}
    return {
        "exit": str(done.exit),
        "bought": str(done.bought),
        **({"unmet": str(done.unmet), "not measured": str(done.not_measured)} if found.compared else {}),
        "surprises": str(sum(len(o.mismatches) for o in found)),
        "estimate": both(cost_of_bought(done.units, rate, done.bought), rate),
        "credits": f"{done.credits:.4f}",
        "prices": rate.as_of,
        **{f"model {name}": _of_model(*rest) for name, *rest in run_rows(found)},
    }


def _of_model(saved: str, failed: str, other: str, credits: str, usd: str) -> str:
    """What a run came to with one of several models."""
    return f"{saved} saved, {failed} failed, {other} other; {credits} credits ({usd})"


def _case(suite: ET.Element, outcome: Outcome, name: str, commands: CommandHint) -> None:
    names = {
        "name": outcome.address,
        "classname": f"{name}.{shot_of(outcome.address)}",
        "time": _seconds(outcome.begun, outcome.ended),
    }
    case = _element(suite, "testcase", names)
    if outcome.end is End.FAILED or outcome.end is End.DOUBT:
        kind = "failure" if outcome.end is End.FAILED else "error"
        said = {"type": outcome.why.code, "message": outcome.why.message}
        _element(case, kind, said).text = _lines(_details(outcome, commands))
    elif outcome.unmet:
        told = [f"{b.place}: {expected.say(outcome.address, b)}" for b in outcome.unmet]
        said = {"type": expected.CODE, "message": expected.say(outcome.address, outcome.unmet[0])}
        _element(case, "failure", said).text = _lines(told)
    elif outcome.end in _SKIPPED:
        why = f": {outcome.why.message}" if outcome.why.message else ""
        _element(case, "skipped", {"message": _WORDS[outcome.end] + why})


def _details(outcome: Outcome, commands: CommandHint) -> list[str]:
    hint = {"again": "it is tried again by itself", "change": "the request must change"}.get(outcome.why.then, "")
    if outcome.why.then == "asked":
        hint = f"{commands.line('run', '--retry-failed')} tries it again"
    if outcome.end is End.DOUBT:
        hint = f"it is never sent again unasked; {commands.on('settle', outcome.address)} settles it"
    lines = [outcome.why.message, f"task {outcome.task}" if outcome.task else "", hint]
    return [line for line in lines if line]


def _seconds(begun: str, ended: str) -> str:
    if not begun or not ended:
        return "0"
    long = datetime.fromisoformat(ended) - datetime.fromisoformat(begun)
    return f"{max(0.0, long.total_seconds()):.0f}"
