"""An answer of a service, read by a provider file: what is understood of it, what it lacks, what nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from seedspec.catalog.answer_paths import every, values_at
from seedspec.report.table import columns
from seedspec.run.engine.messages import (
    Accepted,
    Credits,
    Full,
    Listing,
    NotOffered,
    Refused,
    Reply,
    Stored,
    Task,
    Tasks,
    Trouble,
    Unknown,
)
from seedspec.run.service.responses import HttpResponse, Rules, clean
from seedspec.text.value import valueclass

_MOST_SHOWN, _MOST_LISTED = 40, 1000
_THEN = {
    "later": "it is sent again later",
    "failed": "this entry has failed; nothing was bought",
    "stop": "the run stops: no other request would be taken either",
}


@valueclass(frozen=True, slots=True)
class Reading:
    """What an answer means. `rows` are its facts in words; `taken` what was read by which name of `take`, `missing` the
    names that found nothing, `unread` the places of values that nothing in the file looks at."""

    provider: str
    call: str
    status: int
    understood: bool
    meaning: str
    rows: tuple[tuple[str, str], ...]
    taken: tuple[tuple[str, Any], ...]
    missing: tuple[str, ...]
    unread: tuple[tuple[str, Any], ...]


def answer_in(data: bytes, status: int | None) -> HttpResponse | str:
    """An answer as somebody pasted it, with its headers where they are there; a sentence for what is none."""
    headers: dict[str, str] = {}
    code = 200
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    while found := re.match(rb"HTTP/[0-9.]+ ([1-5][0-9]{2})[^\n]*\n", text):  # `curl -i` shows also `100 Continue`
        code = int(found[1])
        head, gap, body = (b"\n" + text[found.end() :].replace(b"\r\n", b"\n")).partition(b"\n\n")
        if not gap:
            return "it has a status line and no empty line behind its headers"
        lines = (line.partition(b":") for line in head.split(b"\n")[1:])
        headers = {n.decode("latin-1").strip().lower(): v.decode("latin-1").strip() for n, _, v in lines}
        text = body
    if not text.strip():
        return "it is empty; expected the JSON of an answer"
    if b"\0" in text[:8000]:
        return "it is no text; expected the JSON of an answer"
    return HttpResponse(status or code, headers, text)


def understand(document: Mapping[str, Any], call: str, answer: HttpResponse) -> Reading:
    """What a run would make of it."""
    try:
        said = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        said = None
    rules = Rules(document, local=False)
    take = document["calls"][call].get("take", {})
    reply = _reply(rules, call, answer)
    parts = values_at(take["rows"], said) if "rows" in take else [said]
    taken = [(name, [v for part in parts for v in every(take[name], part)]) for name in take if name != "rows"]
    read = frozenset(_places_read(document, call))
    meaning, facts, understood = _meaning(reply, answer.status)
    if said is None:
        facts = (*facts, ("not JSON", clean(answer.body, 80)))
    elif rules.failure_of(answer) is not None or isinstance(reply, Task):
        facts = (*facts, *_by_status_alone(document, reply))
    return Reading(
        document["id"], call, answer.status, understood, meaning, facts,
        tuple((name, values[0] if len(values) == 1 else values) for name, values in taken if values),
        tuple(name for name, values in taken if not values) if isinstance(said, dict) else (),
        tuple((place, value) for place, value in _leaves(said) if _INDEX.sub("[*]", place) not in read),
    )  # fmt: skip


def as_text(found: Reading) -> Iterator[str]:
    """What is understood, then what the file looks for and does not find, then what nobody reads."""
    yield f"{found.provider} {found.call}, HTTP {found.status}: {found.meaning}"
    yield from columns(found.rows, indent="  ")
    if found.taken:
        yield "read"
        yield from columns([(name, _show(value)) for name, value in found.taken], indent="  ")
    if found.missing:
        yield f"not found: {', '.join(found.missing)}"
    if found.unread:
        yield "in the answer, and not read"
        shown = [(clean(place, 80), _show(value), _remark(value)) for place, value in found.unread[:_MOST_SHOWN]]
        yield from columns(shown, indent="  ")
    if left := found.unread[_MOST_SHOWN:]:
        yield f"  … and {len(left)} more"


def as_json(found: Reading) -> dict[str, Any]:
    """The same for programs."""
    return {
        "seedspec_answer": 1,
        "provider": found.provider,
        "call": found.call,
        "status": found.status,
        "understood": found.understood,
        "meaning": found.meaning,
        "facts": [{"name": name, "value": value} for name, value in found.rows],
        "read": {name: _plain(value) for name, value in found.taken},
        "not_found": list(found.missing),
        "not_read": {clean(place, 200): _plain(value) for place, value in found.unread[:_MOST_LISTED]},
    }


_INDEX = re.compile(r"\[\d+\]")


def _places_read(document: Mapping[str, Any], call: str) -> Iterator[str]:
    """Every place of an answer at which the file looks, each index as `[*]`."""
    take = document["calls"][call].get("take", {})
    before = f"{take['rows']}." if isinstance(take.get("rows"), str) else ""
    own = [before + path for name, readings in take.items() if name != "rows" for path in _paths(readings)]
    errors = [path for form in document["errors"] for key in ("code", "message") for path in _paths(form.get(key))]
    errors += [path for form in document["errors"] for path in form.get("when", {})]
    for path in (*own, *errors, *document["calls"][call].get("only_if", {})):
        yield _INDEX.sub("[*]", path)


def _paths(readings: Any) -> Iterator[str]:
    for reading in readings if isinstance(readings, list) else [] if readings is None else [readings]:
        if isinstance(reading, str):
            yield reading
        else:
            yield from (reading[key] for key in ("path", "less") if key in reading)
            yield from (*reading.get("when", {}), *reading.get("unless", {}))


def _leaves(said: Any) -> Iterator[tuple[str, Any]]:
    """Every value of an answer by its place, in order; however deep it is nested."""
    left = [("", said)]
    while left:
        place, value = left.pop()
        if isinstance(value, dict) and value:
            left += [(f"{place}.{key}" if place else key, part) for key, part in reversed(value.items())]
        elif isinstance(value, list) and value:
            left += [(f"{place}[{n}]", value[n]) for n in reversed(range(len(value)))]
        elif place and value not in (None, [], {}):
            yield place, value


def _show(value: Any) -> str:
    return ", ".join(map(_show, value[:4])) if isinstance(value, list) else clean(_plain(value), 80)


def _plain(value: Any) -> Any:
    """A value without what an address may carry as a secret."""
    if isinstance(value, list):
        return [_plain(one) for one in value[:_MOST_LISTED]]
    return clean(value, 400) if isinstance(value, str) else value


def _remark(value: Any) -> str:
    address = isinstance(value, str) and value.startswith(("http://", "https://"))
    return "(an address in an answer is never called with the key)" if address else ""


def _reply(rules: Rules, call: str, answer: HttpResponse) -> Reply:
    match call:
        case "create":
            return rules.created(answer)
        case "read" if rules.has_ended(answer):
            return Trouble("")
        case "read":
            return rules.read(answer)
        case "result":
            return rules.result(answer)
        case "batch":
            return rules.read_many(answer)
        case "list":
            return rules.listed(answer)
        case "balance":
            return rules.balance(answer)
        case "upload":
            return rules.stored(answer)
        case "room":
            return rules.room(answer)
    return rules.trouble(answer)


def _meaning(reply: Reply, status: int) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    """What a reply says, in words: as a whole, in its parts, and whether it was understood."""
    match reply:
        case Accepted():
            parts = [("task", reply.task), *_number("held for it", reply.credits, "in the unit of the prices")]
            return "the request is accepted: this is bought", (*parts, *_seconds(reply.estimated_seconds)), True
        case Refused():
            more = _number("again after", reply.retry_after, "s")
            facts = (("code", reply.code), ("message", reply.message), *more)
            return f"the request is refused, and nothing is bought: {_THEN[reply.then]}", facts, True
        case Unknown():
            return "it is not known whether this was bought: the purchase is in doubt", (("seen", reply.reason),), False
        case Task(state="completed"):
            links = (("link", clean(link, 200)) for link in reply.links)
            return "the task is completed", (*links, *_money(reply)), True
        case Task(state="failed"):
            return "the task has failed", (("code", reply.code), ("message", reply.message), *_money(reply)), True
        case Task():
            strange = f"`{reply.word}` is no word of `states`: it counts as running, and is told"
            odd = (("state", strange),) if reply.strange else (("state", reply.word),)
            percent = _number("done", reply.percent, "%")
            return "the task runs", (*odd, *percent, *_seconds(reply.estimated_seconds), *_money(reply)), True
        case Tasks():
            found = tuple((name, task.state) for name, task in reply.found.items())
            return f"{_tasks(len(found))} told", found[:_MOST_SHOWN], bool(found)
        case Listing():
            listed = tuple((t.task, f"{t.state}, made at {t.created:.0f} (Unix seconds)") for t in reply.tasks)
            return f"{_tasks(len(listed))} listed", listed[:_MOST_SHOWN], True
        case Credits():
            left = _number("left", reply.remaining, "in the unit of the prices")
            return "this is the balance" if left else "no balance stands in it", tuple(left), bool(left)
        case Stored():
            return (
                "the file has an address",
                (("address", clean(reply.url, 200)), ("good for", f"{reply.seconds:g} s")),
                True,
            )
        case Full():
            return "no more files are taken", (("reason", reply.reason),), True
        case NotOffered():
            return "the service has no such call", (), True
        case Trouble(reason=""):
            return "the task has ended; `result` says what it gave", (), True
        case Trouble():
            return _trouble(reply, status)
    raise TypeError(f"{type(reply).__name__} is no answer of a service")


def _by_status_alone(document: Mapping[str, Any], reply: Reply) -> Iterator[tuple[str, str]]:
    """That the tables of the file do not name a code, by which the service may mean more than its status says."""
    match reply:
        case Refused() if reply.code not in document["refusals"]["by_code"]:
            why = "by the status alone: `refusals.by_code` does not name this code"
            empty = "; if it says that the balance is empty, name it there as `stop`" if reply.then == "later" else ""
            yield "judged", why + empty
        case Task(state="failed") if reply.code not in document["failures"]["by_code"]:
            yield "judged", "`failures.by_code` does not name this code: a person is asked before it is bought again"


def _tasks(count: int) -> str:
    return "1 task is" if count == 1 else f"{count} tasks are"


def _trouble(reply: Trouble, status: int) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    facts = (("seen", reply.reason), *_number("again after", reply.retry_after, "s"))
    if reply.stop:
        return "the service takes no call with this key", facts, True
    if reply.missing:
        return "the service does not know the task", facts, True
    if reply.away and status >= 400:
        return "the service does not answer; it is asked again later", facts, True
    return "it is not understood", facts, False


def _number(name: str, value: float | None, unit: str) -> tuple[tuple[str, str], ...]:
    return () if value is None else ((name, f"{value:g} {unit}"),)


def _seconds(value: float | None) -> tuple[tuple[str, str], ...]:
    return _number("expected to take", value, "s")


def _money(task: Task) -> tuple[tuple[str, str], ...]:
    unit = "in the unit of the prices"
    return (*_number("charged", task.credits, unit), *_number("held for it", task.reserved, unit))
