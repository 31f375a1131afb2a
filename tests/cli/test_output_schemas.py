"""Every command that prints has --format json, and what it prints is what its schema says, in every situation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from jsonschema import Draft202012Validator
from looks import MP4, Run, edit, keep
from outputs import SCHEMAS, check_output, schema_name

from seedspec.cli.main import COMMANDS, seedspec

OTHER_FORM = {
    "ci": "speaks to a CI server",
    "completion": "prints a script for a shell",
    "emulator": "is a server",
    "export csv": "prints a table; export json has the same",
    "export json": "prints JSON by itself",
    "language-server": "speaks to an editor",
    "lock merge": "is git's merge driver",
}
"""Commands without --format json, and why."""


def commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = seedspec.get_command(click.Context(seedspec), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from ((f"{name} {under}", one) for under, one in command.commands.items())
        else:
            yield name, command


def test_every_command_answers_as_json_or_says_why_not() -> None:
    lacking, known = [], set[str]()
    for name, command in commands():
        known.add(name)
        forms = [choice for p in command.params if "--format" in p.opts for choice in getattr(p.type, "choices", ())]
        if "json" in forms:
            assert name not in OTHER_FORM, name
            assert (SCHEMAS / f"{schema_name(name.split())}.json").exists(), name
        elif name not in OTHER_FORM:
            lacking.append(name)
    assert lacking == [] and set(OTHER_FORM) <= known


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda p: p.stem)
def test_schemas_are_valid_and_named(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    assert document["$id"] == f"urn:seedspec:output:{path.stem}:1" and "--format json" in document["title"]


LOOKING = (
    "check",
    "compile",
    "plan",
    "status",
    "cost",
    "measure",
    "stats",
    "doctor",
    "pick",
    "lock verify",
    "export json",
)


def look(seedspec: Run, *options: str, but: tuple[str, ...] = ()) -> int:
    """Asks every command that looks; `seedspec` holds each answer against its schema. Says how many answered."""
    answered = 0
    for command in LOOKING:
        if command in but:
            continue
        words = [*command.split(), *(o for o in options if command not in ("check", "doctor") or o != "--emulator")]
        if command in ("check", "lock verify", "pick", "doctor"):
            words = [w for w in words if not w.startswith("--profile=")]
        said = seedspec(*words, *(() if command == "export json" else ("--format", "json")))
        assert said.code in (0, 1, 2, 3, 8, 9), (command, said)
        answered += bool(said.out.strip())
    return answered


def test_before_anything_is_bought(looks: Path, seedspec: Run) -> None:
    assert look(seedspec) >= len(LOOKING) - 1
    for words in (
        ("why", "open@look=noir/1"), ("explain",), ("explain", "undefined-name"), ("models",), ("prices",),
        ("trust", "--list"),
        ("compile", "--origins", "open@look=noir/1"), ("compile", "--preview", "p.html"), ("lock", "fix"),
        ("lock", "prune"), ("init", "new"), ("init", "new"),
    ):  # fmt: skip
        said = seedspec(*words, "--format", "json")
        assert said.code == 0 and said.out.strip(), (words, said)


@pytest.mark.slow
def test_with_purchases_in_every_state(looks: Path, seedspec: Run) -> None:
    (looks.parent / "renders").mkdir()
    (looks.parent / "renders" / "a.mp4").write_bytes(MP4)
    facts = {"task": "task-1", "sha256": "0" * 64, "bytes": len(MP4), "width": 1, "height": 1, "seconds": 4.0}
    keep(looks, "open@look=noir/1", "saved", file="renders/a.mp4", credits=20.5, **facts)
    keep(looks, "open@look=soft/1", "doubt", doubt="the answer was lost")
    keep(looks, "close@prompt=slow/1", "failed", failure={"code": "content_policy_violation", "message": "refused"})
    keep(looks, "close@prompt=fast/1", "running", task="task-2")
    assert look(seedspec) >= len(LOOKING) - 1
    for entry in ("open@look=noir/1", "open@look=soft/1", "close@prompt=slow/1", "close@prompt=fast/1"):
        assert seedspec("why", entry, "--format", "json").code == 0
    assert json.loads(seedspec("lock", "verify", "--format", "json").out)["bad"] == 1
    assert seedspec("pick", "open@look=noir/1", "--format", "json").code == 0
    made = json.loads(seedspec("pick", "--drop", "open@look=noir", "--format", "json").out)
    assert made["dropped"] and not made["picks"]
    edit(looks, "hard shadows", "other shadows")
    assert look(seedspec) >= len(LOOKING) - 1
    assert seedspec("lock", "prune", "--yes", "--format", "json").code == 0


def test_with_errors_there_is_no_document_but_that_of_check(looks: Path, seedspec: Run) -> None:
    edit(looks, "{{ brand }}", "{{ brnd }}")
    for command in ("compile", "plan"):
        said = seedspec(command, "--format", "json")
        assert (said.code, said.out) == (3, "") and "brnd" in said.err
    found = json.loads(seedspec("check", "--format", "json").out)
    assert found[0]["code"] == "undefined-name" and found[0]["notes"]
    looks.write_bytes(b"\xff\xfe not yaml: [")
    assert json.loads(seedspec("check", "--format", "json").out)


def test_profiles_expectations_and_a_strategy(looks: Path, seedspec: Run) -> None:
    with looks.open("a", encoding="utf-8") as file:
        file.write("profiles: {draft: {quality: 720p}}\nexpect: {black: {max: 0.5}}\n")
    assert look(seedspec) >= len(LOOKING) - 1
    for command in ("plan", "status", "cost", "compile"):
        assert seedspec(command, "--profile", "draft", "--format", "json").code == 0
    edit(looks, "matrix:\n", "matrix:\n  strategy: pairwise\n")
    edit(looks, "overrides:", "    hook: [one, two, three]\n    place: [in, out]\noverrides:")
    assert seedspec("rows", "--format", "json").code == 0
    assert json.loads(seedspec("plan", "--format", "json").out)["rows"]["strategy"] == "pairwise"


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.slow
def test_a_run_with_the_emulator(looks: Path, seedspec: Run, form: str) -> None:
    edit(looks, "defaults: {", "defaults: {takes: 1, ")
    only = ("--emulator", "--select", "close@prompt=slow")
    assert seedspec("run", *only, "--yes", "--format", form).code == 0
    said = seedspec("run", *only, "--format", form)
    assert said.code == 0 and "RunFinished" in said.out
    assert seedspec("fetch", "--emulator", "--format", form).code == 0
    if form == "json":
        assert look(seedspec, "--emulator") >= len(LOOKING) - 1
        for command in (
            ("review",),
            ("export", "sheet", "--all"),
            ("export", "otio", "--film", "--gaps"),
            ("plan", "--against", "HEAD"),
            ("stats", "--measure", "black"),
        ):
            assert seedspec(*command, "--emulator", "--format", "json").code in (0, 2)


def test_what_is_no_answer_is_found() -> None:
    with pytest.raises(AssertionError, match=r"schemas/output/doctor.json: at ``"):
        check_output(("doctor", "--format", "json"), '{"seedspec_doctor": 1, "findings": [], "more": 1}')
    with pytest.raises(ValueError, match="Expecting value"):
        check_output(("plan", "--format", "json"), "to buy")
