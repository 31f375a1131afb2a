"""The names that programs may rely on, and what they do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from seedspec import api
from seedspec.lock.lock import parse
from seedspec.lock.purchase_events import Intent, Submitting
from seedspec.project.credentials import Key

NAMES = [
    "Action", "Agreed", "Compiled", "ConsentNeeded", "Cost", "Diagnostic", "Drift", "Emulator", "Entry", "Event",
    "Invalid", "Lock", "LockFault", "NoProfile", "Note", "Options", "Pace", "Plan", "Planned", "Quote", "Record",
    "Retired", "RunFinished", "Severity", "Source", "Span", "Step", "Unpriced", "Yes", "agree", "check", "compile",
    "emulator", "plan", "read_agreed", "run",
]  # fmt: skip
MINIMAL = Path(__file__).parents[1] / "examples" / "minimal" / "storyboard.yaml"


def test_the_names_are_pinned() -> None:
    assert api.__all__ == NAMES
    assert [name for name in NAMES if not hasattr(api, name)] == []


def test_importing_costs_nothing() -> None:
    code = "import sys, seedspec; print(sorted(m for m in sys.modules if m.split('.')[0] in sys.argv[1:]))"
    heavy = ["yaml", "jinja2", "jsonschema", "jsonschema_rs", "httpx", "click", "rich", "av", "PIL", "asyncio"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_click_alone() -> None:
    code = (
        "import sys; from seedspec.cli.main import start; start(['--help']);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])), file=sys.stderr)"
    )
    heavy = ["yaml", "jinja2", "jsonschema", "jsonschema_rs", "httpx", "rich", "av", "PIL", "asyncio", "orjson"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Exit codes:" in done.stdout


@pytest.mark.parametrize("command", [["plan"], ["settle"], ["run", "--emulator", "--yes", "--emulator-seconds", "0"]])
@pytest.mark.slow
def test_a_lock_without_a_ledger_loads_nothing_of_it(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "storyboard.yaml").write_bytes(MINIMAL.read_bytes())
    code = (
        "import sys; from seedspec.cli.main import start; start(sys.argv[1:]);"
        "print(sorted(m for m in sys.modules if m.startswith('seedspec.run.store.ledger')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


def test_an_emulator_listens_before_it_loads_what_draws() -> None:
    code = "import sys, seedspec.emulator.server; print(sorted({m.split('.')[0] for m in sys.modules} & {'av', 'PIL'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plan_needs_no_http(tmp_path: Path) -> None:
    code = (
        "import sys; from seedspec.cli.main import start; start(['plan', sys.argv[1]]);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[2:])), file=sys.stderr)"
    )
    heavy = ["httpx", "av", "PIL", "asyncio", "jsonschema", "starlette", "uvicorn"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(MINIMAL), *heavy], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("command", ["check", "compile"])
@pytest.mark.slow
def test_check_and_compile_load_nothing_of_picks_media_and_git(tmp_path: Path, command: str) -> None:
    """The storyboard follows takes that people might pick, and has media; nobody picked, and the media are known."""
    left_out = shutil.ignore_patterns(".seedspec", "renders*", "*.lock")
    shutil.copytree(MINIMAL.parents[1] / "fruit-tea", tmp_path, dirs_exist_ok=True, ignore=left_out)
    board = tmp_path / "storyboard.yaml"
    text = board.read_text().replace("{shot: orchard}", "{shot: orchard, take: pick}")
    assert "take: pick" in text
    board.write_text(text)
    code = (
        "import sys; from seedspec.cli.main import start; start(sys.argv[1:3]);"
        "print(sorted(set(sys.modules) & set(sys.argv[3:])), file=sys.stderr)"
    )
    heavy = ["av", "PIL", "tinytag", "httpx", "asyncio", "jsonschema", "subprocess", "importlib.metadata"]
    rooms = [
        "seedspec.choices.picks",
        "seedspec.project.choice_files",
        "seedspec.project.git",
        "seedspec.project.credentials",
    ]
    said, environ = [], {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for _ in range(2):
        line = [sys.executable, "-c", code, command, str(tmp_path / "storyboard.yaml"), *heavy, *rooms]
        done = subprocess.run(line, capture_output=True, text=True, check=True, env=environ)
        said.append(done.stderr.splitlines()[-1])
    assert "'av'" in said[0] and said[1] == "[]"


def test_check_compile_and_plan_are_functions_of_a_path() -> None:
    assert api.check(MINIMAL) == ()
    made = api.compile(MINIMAL)
    assert made.ok and [e.address for e in made.entries] == ["steam/1"]
    planned = api.plan(MINIMAL)
    assert [s.action for s in planned.plan.steps] == [api.Action.SUBMIT]
    assert planned.plan.cost == api.Cost(251_100, 251_100)


def test_an_invalid_storyboard_is_an_exception_of_plan_with_its_findings(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    file.write_text("seedspec: 1\n")
    try:
        api.plan(file)
    except api.Invalid as error:
        assert {d.code for d in error.compiled.diagnostics} == {"missing-key"}
    else:
        raise AssertionError("nothing was refused")


def test_every_value_shows_itself_in_a_few_lines(tmp_path: Path) -> None:
    """Whatever it holds: a board of a hundred entries, with long texts, and everything bought."""
    file = tmp_path / "storyboard.yaml"
    labels = ", ".join(f"l{i}" for i in range(100))
    file.write_text(
        f"seedspec: 1\nmodel: seedance-2.0-reference-to-video\nmatrix: {{axes: {{n: [{labels}]}}}}\n"
        f'vars: {{long: "{"word " * 500}"}}\n'
        f"shots:\n  - {{id: one, prompt: \"{'<b>a long prompt</b> ' * 50}{{{{ n }}}} {{{{ 'x' }}}}\"}}\n"
    )
    made = api.compile(file)
    planned = api.plan(file, compiled=made)
    entry = made.entries[0]
    lines = [
        {"fp": e.fingerprint, "entry": e.address, "take": 1, "attempt": 1, "state": "failed", "task": "t" * 100,
         "failure": {"code": "x", "message": "m" * 500}, "manifest": orjson.loads(e.manifest)}
        for e in made.entries
    ]  # fmt: skip
    lock = parse(b'{"seedspec_lock":1}\n' + b"".join(orjson.dumps(line) + b"\n" for line in lines))
    record = lock.last(entry.fingerprint)
    assert record is not None and made.board is not None
    span, quote = made.diagnostics[0].span, api.quote(planned, api.Options())
    assert span is not None and quote is not None
    tried = [
        made, planned, planned.plan, *planned.plan.steps[:1], entry, lock, record, *made.diagnostics[:1],
        span, span.source, made.board, made.board.shots[0], entry.model,
        entry.base, planned.place, api.Options(select=["x" * 9] * 500), api.Pace(), api.Cost(1, 2), api.Action.SUBMIT,
        api.Note("n" * 5000), api.Severity.ERROR, api.Invalid(made), api.Yes(max_usd=1), quote,
        api.Emulator("http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1", Key("sk-canary")),
        api.LockFault("c", "message", 1), api.NoProfile("x"), api.ConsentNeeded(quote, None, ""),
        api.Unpriced(planned.plan.steps[0], 2), api.Retired(planned.plan.steps, made.board.catalog),
        Submitting("a/1", "f" * 64, 1, 1, orjson.loads(entry.manifest), Intent("k", "0" * 64, ""), 1, ""),
        api.RunFinished(*range(len(api.RunFinished.__match_args__))),
        api.agree(planned), api.Drift(new=("x" * 500,) * 50),
    ]  # fmt: skip
    for value in tried:
        assert len(repr(value)) <= 400, f"{type(value).__name__}: {repr(value)[:500]}"
    shown = {type(value) for value in tried}
    lacking = [n for n in NAMES if isinstance(kind := getattr(api, n), type) and kind not in shown]
    assert lacking == [], "each public type is tried"
    assert "sk-canary" not in "".join(map(repr, tried))


def test_a_notebook_shows_a_plan_as_a_table_whose_texts_are_escaped(tmp_path: Path) -> None:
    file = tmp_path / "storyboard.yaml"
    labels = ", ".join(f"l{i}" for i in range(60))
    file.write_text(
        'seedspec: 1\nmodel: seedance-2.0-reference-to-video\noutput: "a&b"\n'
        f'matrix: {{axes: {{n: [{labels}]}}}}\nshots:\n  - {{id: one, prompt: "{{{{ n }}}}"}}\n'
    )
    planned = api.plan(file)
    shown = planned._repr_html_()
    assert shown == planned.plan._repr_html_()
    table = ElementTree.fromstring(f"<div>{shown}</div>")
    rows = table.findall(".//tbody/tr")
    assert len(rows) == 50 and [cell.text for cell in rows[0]][:4] == ["+", "one@n=l0/1", "submit", "New"]
    assert [cell.text for cell in rows[0]][-1] == "a&b/one@n=l0_take1.mp4"
    assert (table.findtext("p") or "").startswith("10 more; 60 to buy, at most ")
