"""What a declared provider shows, by its file: tasks as its answers have them, and errors in its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seedspec.catalog.answer_paths import writable, write
from seedspec.catalog.model import Model
from seedspec.catalog.template import render
from seedspec.emulator.tasks import FAILURES, Task
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Standing:
    """How a task stands: `word` is `pending`, `processing`, `completed`, `failed` or `cancelled`."""

    word: str
    percent: int
    link: str
    model: Model


_MEANINGS = {"pending": "queued", "processing": "running", "completed": "completed", "failed": "failed",
             "cancelled": "cancelled"}  # fmt: skip


def word_of(document: Mapping[str, Any], word: str) -> str:
    """The provider's own word for a state; what has failed is `completed` where there is no word for it."""
    states: Mapping[str, str] = document["states"]
    ended = ("failed", "completed") if word in ("failed", "cancelled") else ("running",)
    wanted = (_MEANINGS[word], *ended)
    return next(own for meaning in wanted for own, means in states.items() if means == meaning)


def fill_texts(example: Any, fill: Callable[[str], str]) -> Any:
    """An example with its texts filled in."""
    if isinstance(example, Mapping):
        return {key: fill_texts(value, fill) for key, value in example.items()}
    if isinstance(example, list):
        return [fill_texts(value, fill) for value in example]
    return fill(example) if isinstance(example, str) else example


def shown_of(
    document: Mapping[str, Any], name: str, task: Task, now: Standing, beside: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A task as the answer of a call has it: each value at the path where the file reads it, with what is `beside`."""
    take = document["calls"][name].get("take", {})
    own_word = any(means in ("failed", "cancelled") for means in document["states"].values())
    values: dict[str, Any] = {
        "task": task.id,
        "state": word_of(document, now.word),
        "percent": now.percent,
        "model": now.model.called,
        "created": int(task.created),
        "estimate": task.estimated_time,
        "seed": now.model.read(task.body, "seed"),
    }
    if now.word == "completed":
        values["links"] = now.link
        values["charged"] = task.charge / now.model.rate.units_per_credit
    if now.word in ("failed", "cancelled") and own_word:
        values["code"] = task.error
        values["message"] = FAILURES.get(task.error or "", "The task failed.")
    shown: dict[str, Any] = beside or {}
    for key, value in values.items():
        if value is not None and (path := writable(take.get(key))):
            write(path, value, shown)
    return shown


def row_of(document: Mapping[str, Any], name: str, task: Task, now: Standing) -> dict[str, Any]:
    """A task as the call by which one that is not known is looked for has it: with what `doubt` says of its request."""
    shown, doubt = shown_of(document, name, task, now), document["doubt"]
    echo = {"seed": now.model.read(task.body, "seed"), "own": task.own or None}
    values = [(doubt.get("echo", {}).get(word), value) for word, value in echo.items()]
    if doubt["lookup"] == "body":
        values.append((doubt["body"], render(now.model.template, task.body, now.model.called)))
    for readings, value in values:
        if value is not None and (path := writable(readings)):
            write(path, value, shown)
    return shown


def error_of(document: Mapping[str, Any], code: str, message: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The body and the headers of an error, in the first form that the file has."""
    form = document["errors"][0]
    body: dict[str, Any] = {}
    for path, value in form.get("when", {}).items():
        write(path, value, body)
    write(writable(form["code"]), code, body)
    if path := writable(form.get("message")):
        write(path, message, body)
    return body, {form["header"]: code} if "header" in form else {}
