"""Facts as people and programs read them, whole: models, ledgers, codes, trust, requests, measures and findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import lookups
import orjson
import pytest

from seedspec import __version__, api
from seedspec.catalog.price import Part, Rate
from seedspec.compiler.request.explain import explain
from seedspec.lock.run_events import Bound, Compared
from seedspec.measures.judged import Answer, Judgement, union
from seedspec.measures.values import NAMES, NOT_APPLICABLE, NOT_MEASURED
from seedspec.plan.command_hint import CommandHint
from seedspec.project import sources
from seedspec.project.credentials import origins_of
from seedspec.project.provider_files import file_of
from seedspec.project.saved_measures import Trouble, Video
from seedspec.project.trust import Trusted
from seedspec.report import (
    codes,
    entries,
    expected,
    label_means,
    ledger,
    measures,
    models,
    origins,
    prices,
    provider_request,
    table,
    trust,
)
from seedspec.run.ledger_admin.attach import Attached
from seedspec.run.ledger_admin.detach import Detached
from seedspec.run.ledger_admin.rebuild import Rebuilt
from seedspec.run.ledger_admin.runners import Active
from seedspec.run.ledger_admin.standings import BoardStanding, Ceiling, Held, Pending, Spending, Standings
from seedspec.run.store.ledger.types import Runner

EXPECTED = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
RATE = Rate("2026-01-02", "a page", "stated", (Part("a", Fraction(1), None),), Decimal(68))  # type: ignore[arg-type]
HINT = CommandHint("films/tea.yaml", True, "draft")


def lines_of(*blocks: Iterable[str]) -> str:
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def as_file(found: Any) -> str:
    return orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2).decode() + "\n"


SHOWN = ("seedance-2.0-reference-to-video", "kling-v3-image-to-video", "seedance-1.5-pro")


def test_models_as_people_read_them(expect: Expect) -> None:
    known = sources.catalog().models
    unknown = replace(known[SHOWN[2]], rate=replace(RATE, parts=(), why="nobody knows"))
    blocks = [models.as_text(known[name]) for name in SHOWN]
    text = lines_of(*blocks, models.as_text(unknown)[-1:], models.as_list(known.values(), "2026-10-10"))
    expect(EXPECTED / "models.txt", text)


def test_models_as_programs_read_them(expect: Expect) -> None:
    known = sources.catalog().models
    found = [models.as_json(known[n]) for n in SHOWN]
    for one in found:
        one["fields"] = sorted(one["fields"])
    expect(EXPECTED / "models.json", as_file(found))
    alone = models.as_text(known["seedance-2.0-text-to-video"])
    assert "it takes no references" in alone
    assert models.as_json(known[SHOWN[0]])["fields"]["duration"]["minimum"] == 4
    assert models.field_limits(known[SHOWN[0]], "duration") == ("whole number", "4 to 15", "5")
    assert models.field_limits(known[SHOWN[0]], "callback_url") == ("text", "at most 2,048 characters", "")
    assert models.field_limits(known[SHOWN[0]], "generate_audio") == ("true or false", "", "true")


ONE, TWO = Runner("r-1", "host-a", "job-1"), Runner("r-2", "host-b", "")
STANDINGS = Standings(
    "s3://bucket/team", "tea", "b-1", "tea-house", 7,
    (BoardStanding("b-1", "tea-house", 1234, False), BoardStanding("b-2", "", None, False),
     BoardStanding("b-3", "kite", 1, False), BoardStanding("b-4", "old", 2, True)),
    (Active(ONE, "b-1", "2026-01-02T03:04:05Z", 3.4, True), Active(TWO, "b-9", "", 70.6, False),
     Active(TWO, "b-3", "", 5, None)),
    (Pending("b-1", "open/1", True, ONE, "2026-01-02"), Pending("b-3", "close/1", False, TWO, "2026-01-03")),
    (Spending("b-1", "host-a", "2026-01", 2, 1_500_000), Spending("b-1", "", "", 1, 1_000_000_001),
     Spending("b-3", "host-b", "2026-02", 1000, 4)),
    Ceiling(500_000_000, "2026-02", 20_000_000, (Held("host-a", 1_000_000), Held("host-bb", 12_500_000))),
)  # fmt: skip
SHUT = replace(
    STANDINGS, name="", boards=(BoardStanding("b-1", "", None, True),), runners=(), pending=(), spending=(),
    ceiling=Ceiling(None, "", 0, ()),
)  # fmt: skip


def test_a_ledger(expect: Expect) -> None:
    one = BoardStanding("b-1", "", 5, False)
    rich = replace(STANDINGS, ceiling=Ceiling(1_000_000, "", 5_000_000, ()), boards=(one,))
    rich = replace(rich, spending=STANDINGS.spending[1:2])
    expect(EXPECTED / "ledger.txt", lines_of(ledger.lines(STANDINGS), ledger.lines(SHUT), ledger.lines(rich)))
    rebuilt = Rebuilt("b-2", 9, 8, ("open/1", "a b/1"), ("x",), True, STANDINGS.runners)
    found = [
        ledger.as_json(STANDINGS), ledger.as_json(SHUT), ledger.rebuilt_json(rebuilt, "b-1", "s3://x", HINT),
        ledger.detachment_json(Detached(3, STANDINGS.runners[:1]), "b-1"),
        ledger.attachment_json(Attached("b-1", "s3://x", "joined", 3, 2, True)),
    ]  # fmt: skip
    expect(EXPECTED / "ledger.json", as_file(found))
    assert [ledger.dollars(m) for m in (0, -1_500_000, 1_234_567_890)] == ["$0.00", "-$1.50", "$1,234.57"]
    given = ((None, True), (500_000_000, True), (5, False))
    words = [ledger.ceiling_words(micro, monthly=monthly) for micro, monthly in given]
    assert words == ["none", "$500.00 a month", "$0.00"]


KNOWN: codes.Codes = {
    "bad-key": {
        "severity": "error", "means": "A key of a well-known mapping is unknown here. More of it.",
        "do": "Write " + "it anew " * 9,
        "storyboard": "a: 1\n\nb: 2", "beside": ["x.png", "y.png"], "says": "a:1 error\n  = note",
    },
    "odd": {"severity": "hint", "means": "It is odd.", "do": "Look."},
    "warn": {
        "severity": "warning", "means": "It warns", "do": "Look.", "storyboard": "a: 1", "beside": [], "says": "warn",
    },
}  # fmt: skip


def test_codes_as_pages_and_lines(expect: Expect) -> None:
    blocks = [
        codes.page(code, KNOWN[code], width=width, color=color)
        for code in KNOWN
        for width, color in ((10, False), (60, True))
    ]
    blocks += [
        codes.list_codes(KNOWN, width=width, color=color) for width, color in ((None, False), (30, True), (24, False))
    ]
    expect(EXPECTED / "codes.txt", lines_of(*blocks))
    assert codes.as_json(KNOWN, ["odd"]) == [{"code": "odd", **KNOWN["odd"]}]
    real = codes.codes()
    assert list(real) == sorted(real) and {"severity", "means", "do"} <= real["unknown-key"].keys()


def test_what_is_trusted(expect: Expect) -> None:
    made = lookups.provider("none")
    file = file_of(orjson.dumps(made), "acme", "provider.json", "providers/acme/provider.json", beside=True)
    other = lookups.provider(
        "none", title="Other", origins={"api": {"url": "https://xn--80ak6aa92e.com", "variable": "ACME_BASE_URL"}}
    )
    second = file_of(orjson.dumps(other), "acme", "provider.json", "p\x1b.json", beside=True)
    before = Trusted("d" * 64, made, "old.json", "2026-01-02T00:00:00Z")
    many = before.document | {f"k{n}": n for n in range(40)}
    listed = [before, Trusted("e" * 64, {"id": "none"}, "x\x1b.json", "2026-02-03")]
    blocks = [
        trust.as_question(file, ["acme-1.0", "acme-2.0"], None, {"ACME_API_KEY": "x"}),
        trust.as_question(second, [], before, {}),
        trust.as_question(second, [], replace(before, document=many), {}),
        trust.as_list(listed, frozenset(["f" * 64, "a" * 64])),
    ]
    text = lines_of(*blocks).replace(file.digest, "<digest>").replace(second.digest, "<digest 2>")
    expect(EXPECTED / "trust.txt", text + as_file(trust.as_json(listed, frozenset(["f" * 64, "a" * 64]))))


BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 5, quality: 480p}
references:
  cup: {image: "https://cdn.example.com/cup.webp?X-Amz-Signature=abc"}
  walk: {video: "https://cdn.example.com/walk.mp4", seconds: 4}
matrix:
  axes:
    hook: [{id: warm, line: "50 % off", word: "ü"}, {id: cold, line: "new"}]
    look: [noir]
overrides:
  - {when: {hook: cold}, duration: 7, generate_audio: false}
shots:
  - {id: plain, prompt: "A door.", matrix: {axes: {size: [wide]}}, quality: 720p}
  - id: open
    takes: 2
    prompt: "{{ ref('cup') }} in {{ ref('walk') }}: {{ hook.line }}\\n{{ look }}"
  - id: close
    references: {before: {shot: open, take: pick}}
    prompt: "After {{ ref('before') }}."
"""


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> api.Compiled:
    monkeypatch.chdir(tmp_path)
    Path("storyboard.yaml").write_text(BOARD, encoding="utf-8")
    made = api.compile("storyboard.yaml")
    assert not [d.message for d in made.diagnostics if d.severity == "error"]
    return made


def hidden(text: str, made: api.Compiled) -> str:
    for number, entry in enumerate(made.entries):
        text = text.replace(entry.fingerprint, f"<fp {number}>").replace(entry.fingerprint[:12], f"<fp {number}>")
    return text


def test_entries_as_objects_and_lines(board: api.Compiled, expect: Expect) -> None:
    whole = [entries.as_json(entry) for entry in board.entries]
    assert [orjson.loads(line) for line in entries.as_lines(board.entries)] == whole
    assert b"".join(entries.as_lines(board.entries)) == b"".join(orjson.dumps(one) + b"\n" for one in whole)
    text = "\n".join(entries.as_table(board.entries)) + "\n" + as_file(whole)
    expect(EXPECTED / "entries.txt", hidden(text, board))
    assert entries.as_table([]) == []


def test_entries_without_a_table_are_lines_alike(tmp_path: Path) -> None:
    plain = BOARD.replace('[{id: warm, line: "50 % off", word: "ü"}, {id: cold, line: "new"}]', "[warm, cold]")
    (tmp_path / "b.yaml").write_text(plain.replace("hook.line", "hook"), encoding="utf-8")
    found = api.compile(tmp_path / "b.yaml").entries
    assert len(found) == 8 and not any(entry.base.tables for entry in found)
    whole = [orjson.dumps(entries.as_json(entry)) + b"\n" for entry in found]
    assert list(entries.as_lines(found)) == whole


def test_entries_explained(board: api.Compiled, expect: Expect) -> None:
    assert board.board is not None
    found = [explain(board.board, entry) for entry in board.entries]
    blocks = [origins.as_text(one, RATE, HINT) for one in (found[0], found[3], found[-1])]
    text = lines_of(*blocks) + as_file([origins.as_json(one, RATE) for one in (found[3], found[-1])])
    expect(EXPECTED / "origins.txt", hidden(text, board))


def test_a_request_as_it_would_leave(board: api.Compiled, expect: Expect) -> None:
    entry = board.entries[3]
    made = provider_request.request_of(entry, origins_of(entry.model.provider.document, {}))
    text = "\n".join(provider_request.as_text(made)) + "\n" + as_file(provider_request.as_json(made))
    expect(EXPECTED / "request.txt", text.replace(__version__, "VERSION"))


def values(**more: Any) -> dict[str, Any]:
    return dict.fromkeys(NAMES, 0.0) | more


def test_measures_by_label(board: api.Compiled, expect: Expect) -> None:
    open_ = [entry for entry in board.entries if entry.shot == "open"]
    numbers = [(1.5, "met"), (2.25, "unmet"), (NOT_MEASURED, "not measured"), (NOT_APPLICABLE, "met")]
    found = [
        label_means.Take(e, values(black=v, likeness=0.5), {"black": word})
        for e, (v, word) in zip(open_, numbers, strict=True)
    ]
    found += [label_means.Take(board.entries[0], {"judge.look": 0.25})]
    made = label_means.tables(found, ["black", "likeness", "judge.look"], ["", "shot", "hook", "hook.line"])
    made += label_means.tables(found[2:3], ["black"], ["hook"]) + label_means.tables([], ["cuts"], [""])
    expect(EXPECTED / "means.txt", "\n".join(label_means.as_text(made)) + "\n" + as_file(label_means.as_json(made)))


def test_measures_in_a_line(expect: Expect) -> None:
    given = values(black=0.5, loudness=-20.25, silent=NOT_APPLICABLE, true_peak=NOT_MEASURED, cuts=2.0, likeness=0.75)
    said = [
        Judgement("a" * 64, name, Answer(0.4, passed, why), "2026-01-02T03:04:05Z")
        for name, passed, why in (
            ("a", None, ""),
            ("b", True, ""),
            ("c", False, "too\ndark " + "x" * 300),
            ("d", None, "so"),
        )
    ]
    judged = union(said)
    one, two = Video(("open/1",), "a.mp4", "a" * 64), Video(("open/2", "open/3"), "b.mp4", "b" * 64)
    found = measures.as_json([one, two], {one: given, two: None}, {two: Trouble("torn", "watch it")}, judged)
    expect(EXPECTED / "measures.txt", measures.line(given, judged.of("a" * 64)) + "\n" + as_file(found))


def compared(*verdicts: tuple[str, str], picked: bool = False, why: str = "") -> Compared:
    bounds = tuple(Bound(m, v, "1.2 s", "at most 0.5 s", "tea.yaml", 4, n) for n, (m, v) in enumerate(verdicts, 1))
    return Compared("open/1", "f", 1, bounds, "now", picked, why)


def test_what_is_not_as_expected() -> None:
    unmet = compared(("black_total", "unmet"), ("judge.a_b", "unmet"), ("cuts", "met"))
    picked = compared(("black", "unmet"), picked=True)
    unknown = compared(("cuts", "not measured"), ("black", "met"))
    met = compared(("cuts", "met"))
    said = "black total 1.2 s, expected at most 0.5 s"
    two = "judge.a_b 1.2 s, expected at most 0.5 s"
    assert [expected.short(c) for c in (unmet, picked, unknown)] == [
        f"unmet: {said}, {two}", "unmet: black 1.2 s, expected at most 0.5 s (picked all the same)", "",
    ]  # fmt: skip
    first = "tea.yaml:4:1: unmet: `open/1`: black total: found 1.2 s; expected at most 0.5 s [expect-unmet]"
    second = "tea.yaml:4:2: unmet: `open/1`: judge.a_b: found 1.2 s; expected at most 0.5 s [expect-unmet]"
    how = "`seedspec measure films/tea.yaml --emulator --profile draft` measures them"
    assert expected.lines([unmet, picked, unknown, met], HINT, 2) == [
        first, second, f"1 video is not measured for all that is expected; {how}",
    ]  # fmt: skip
    more = "… and 1 more unmet; `seedspec status films/tea.yaml --emulator --profile draft` has them all"
    away = compared(("cuts", "not measured"), why="no library")
    assert expected.lines([unmet, unknown, away], HINT, 1) == [
        first, more, "2 videos are not measured for all that is expected: no library",
    ]  # fmt: skip
    assert expected.lines([met], HINT, 1) == []
    assert expected.count([unmet, picked, unknown, met, compared(("a", "unmet"), ("b", "not measured"))]) == (2, 2)
    assert expected.as_json(picked) == {
        "unmet": True, "picked": True, "bounds": [
            {"measure": "black", "verdict": "unmet", "found": "1.2 s", "expected": "at most 0.5 s", "file": "tea.yaml",
             "line": 4, "column": 1}],
    }  # fmt: skip
    page = {"found": "1.2 s", "expected": "at most 0.5 s", "line": 4}
    assert expected.for_page(unmet) == {
        "unmet": [{"measure": "black_total", "said": said, **page}, {"measure": "judge.a_b", "said": two, **page}]
    }
    assert expected.for_page(unknown) == {"not_measured": ["cuts"]} and expected.for_page(met) == {}


def test_prices_in_force() -> None:
    rates = {
        "a": RATE,
        "b": replace(RATE, parts=(), why="nobody knows", source="", until="2026-05-01"),
        "c": replace(RATE, sure="guessed"),
    }
    assert prices.as_text(rates, "2026-03-04") == [
        "model  since       sure     from", "a      2026-01-02  stated   a page",
        "b                  stated   nobody knows",
        "c      2026-01-02  guessed  a page", "the oldest prices are 61 days old: `seedspec prices refresh PROVIDER`",
    ]  # fmt: skip
    assert prices.as_json(rates, "2026-01-12")["models"] == {
        "a": {"as_of": "2026-01-02", "until": None, "days": 10, "sure": "stated", "source": "a page", "why": None},
        "b": {"as_of": None, "until": "2026-05-01", "days": None, "sure": "stated", "source": None,
              "why": "nobody knows"},
        "c": {"as_of": "2026-01-02", "until": None, "days": 10, "sure": "guessed", "source": "a page", "why": None},
    }  # fmt: skip


def test_columns_stand_straight() -> None:
    rows = [("a", "茶", "1"), ("bcd", "x", "22"), ("", "é\u0301", "")]
    assert table.columns(rows, right=(2,)) == ["a    茶   1", "bcd  x   22", "     é\u0301"]
    assert table.columns(rows[:2], right=(0,), indent="> ", gap=1) == [">   a 茶 1", "> bcd x  22"]
    assert [table.cut(t, 5) for t in ("abcde", "abcdef", "茶茶茶", " a\nb\x1bc ", "a    b c d e")] == [
        "abcde", "abcd…", "茶茶…", "a b c", "a b…",
    ]  # fmt: skip
    assert [table.shorten_to_cells(t, 6) for t in ("abcdef", "abcdefgh", "茶茶茶茶", "a茶茶茶b")] == [
        "abcdef",
        "a…efgh",
        "…茶茶",
        "a…茶b",
    ]
