"""Signs and mistakes that stand in a file thousands of times: their findings come, in time that grows as it does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from provider_folder import model, put

MANY = 150_000
CPU = 60
"""Seconds for all texts of a place, which take a tenth of that; one that takes its length squared takes minutes."""

SIGNS = [
    "x", "1", "_", "é", "-", ".", " ", "\t", "\u3000", "a ", "a.", "a-", "a:", "x1", "- ", "* ", "1-2 ", "0.",
    "<", "[", "{", "(", "'", '"', "#", "&", "*", "!", "%", "@", "$", ":", "|", "\\", "«", "{{", "{%", "{#", "}}",
    "[[", "//", "  - a\n", "{% raw %}", "{{ a }}", "<% ", "https://", "image 1 and ", "@a ", "!a ", "{ \u3000",
    "[ \u3000", "<a ", "\n", "\\u00", "%25", "&#", "A",
]  # fmt: skip
HEAD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video"
PLACES = {
    "a line of its own": HEAD + '\n{}\nshots: [{{id: a, prompt: "A street at dawn."}}]\n',
    "a label": HEAD + '\nmatrix: {{axes: {{n: [a, {}]}}}}\nshots: [{{id: a, prompt: "At {{{{ n }}}}"}}]\n',
    "a value": HEAD + '\nshots:\n  - id: a\n    duration: {}\n    prompt: "A street at dawn."\n',
    "a prompt": HEAD + '\nshots:\n  - id: a\n    prompt: "{} a street at dawn."\n',
    "a prompt of many lines": HEAD + "\nshots:\n  - id: a\n    prompt: |\n      A street\n      {} at dawn.\n",
}
PARTS = 15_000
MISTAKES = {
    "a wrong value": ("shots:\n", '  - {{id: s{0}, prompt: "A street.", duration: long}}\n'),
    "a wrong item": ("shots:\n  - id: a\n    prompt: x\n    duration:\n", "      - a\n"),
    "an unknown name": ("shots:\n", '  - {{id: s{0}, prompt: "A {{{{ unknown{0} }}}}."}}\n'),
    "an unknown reference": ("shots:\n", "  - {{id: s{0}, prompt: \"A {{{{ ref('r{0}') }}}}.\"}}\n"),
    "one id": ("shots:\n", '  - {{id: a, prompt: "A street."}}\n'),
    "one key": ("shots:\n  - id: a\n    prompt: x\n", "    prompt: x\n"),
    "a missing file": (
        'shots: [{{id: a, prompt: "A street."}}]\nreferences:\n',
        "  r{0}: {{image: pictures/{0}.png}}\n",
    ),
}
DOCUMENTS = {
    "the rule below a head": "| id | prompt |\n{}\n| a | A street at dawn. |\n",
    "a cell": "| id | prompt |\n| --- | --- |\n| a | {} |\n",
    "a field": "## Shot 1\n\n- prompt: {}\n",
}

FRAME = """\
import resource, sys
from contextlib import suppress
from pathlib import Path
{}

resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
for path in sys.argv[2:]:
    {}
    print(Path(path).stem, flush=True)
"""
CHECK = FRAME.format("from seedspec import api", "api.check(path)")
IMPORT = FRAME.format(
    "from seedspec.project.importing.reading import Wish, import_from\n"
    "from seedspec.project.importing.values import ImportFault",
    "with suppress(ImportFault): import_from(path, Path.cwd(), Wish())",
)
TELL = FRAME.format(
    "from seedspec.project.crash_file import keep\n"
    "from seedspec.run.service.redaction import Redaction\n"
    "from seedspec.text.visible import make_printable, one_line, strip_workflow_commands\n"
    "known = Redaction('sk-0123456789abcdefghij0123456789')",
    "text = Path(path).read_text(encoding='utf-8')\n"
    "    known.words(text), known.holds(text), one_line(text, 300), strip_workflow_commands(text)\n"
    "    make_printable(text, painted=False, log=True), keep(RuntimeError(text), [], Path.cwd())",
)


PROVIDER = FRAME.format(
    "import json\nfrom seedspec.catalog.schema import Schema\n"
    "from seedspec.project.provider_judging import files_of, judge",
    "judge(files_of(path))\n    Schema(json.loads(Path(path).read_bytes())).violations({})",
)
LINES = 5_000
LOCK = FRAME.format(
    "from seedspec.lock.lock import LockFault\nfrom seedspec.run.store.repair import fix, verify",
    "with suppress(LockFault): verify(Path(path))\n"
    "    with suppress(LockFault): fix(Path(path), [])\n"
    "    with suppress(LockFault): verify(Path(path))",
)


def line(request: int, attempt: int, state: str, task: int | None = None, key: str | None = None) -> str:
    """A line of a lock."""
    values = {"fp": f"{request:064x}", "entry": "a/1", "take": 1, "attempt": attempt, "state": state, "at": AT}
    intent = {} if key is None else {"intent": {"key": key, "body_sha256": "a" * 64, "at": AT}}
    failure = {"failure": {"code": "bad", "message": "no"}} if state == "failed" else {}
    return json.dumps({**values, **intent, **({} if task is None else {"task": f"task-{task:08}"}), **failure}) + "\n"


AT = "2026-11-23T07:05:00Z"
LOCKS = {
    "attempts": lambda n: line(0, n + 1, "failed", task=n),
    "attempts with one key": lambda n: line(0, n + 1, "running", task=n, key="k" * 32),
    "attempts in doubt": lambda n: line(0, n + 1, "doubt"),
    "attempts from the last to the first": lambda n: line(0, LINES - n, "failed", task=n),
    "lines that are no records": lambda n: line(n, 1, "queued") if n == 0 else f"no record {n}\n",
    "lines that contradict others": lambda n: line(n, 1, "failed", task=n) + line(n, 1, "running", task=n + LINES),
    "lines that contradict one": lambda n: line(0, 1, "failed" if n == 0 else "running", task=n),
    "a line with a key that stands twice": lambda n: f'{{"k{n}":0,' if n == 0 else f'"k{n}":0,',
}


def unread(script: str, texts: Mapping[str, str], suffix: str, folder: Path) -> list[str]:
    """The names of the texts that were not read to their end before the time was over."""
    files = {f"{number:02}": folder / f"{number:02}{suffix}" for number in range(len(texts))}
    for file, text in zip(files.values(), texts.values(), strict=True):
        file.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", script, str(CPU), *map(str, files.values())]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    read = {*ended.stdout.split()}
    return [name for name, stem in zip(texts, files, strict=True) if stem not in read]


def of_signs(text: str) -> dict[str, str]:
    return {sign: text.format(sign * (MANY // len(sign))) for sign in SIGNS}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_check(place: str, tmp_path: Path) -> None:
    assert unread(CHECK, of_signs(PLACES[place]), ".yaml", tmp_path) == []


@pytest.mark.slow
def test_a_check_of_many_mistakes(tmp_path: Path) -> None:
    texts = {
        name: f"{HEAD}\n{head.format()}{''.join(each.format(number) for number in range(PARTS))}"
        for name, (head, each) in MISTAKES.items()
    }
    assert unread(CHECK, texts, ".yaml", tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", DOCUMENTS)
def test_an_import(place: str, tmp_path: Path) -> None:
    assert unread(IMPORT, of_signs(DOCUMENTS[place]), ".md", tmp_path) == []


@pytest.mark.slow
def test_an_import_of_many_shots(tmp_path: Path) -> None:
    texts = {
        "headings": "".join(f"## Shot {number}\n\n- prompt: A street at dawn.\n\n" for number in range(PARTS)),
        "a table": "| id | prompt |\n| --- | --- |\n" + "| a | A street at dawn. |\n" * PARTS,
    }
    assert unread(IMPORT, texts, ".md", tmp_path) == []
    picture = "https://example.com/{}.png"
    rows = [{"prompt": "A street.", "images": [picture.format(n), picture.format(n + 1)]} for n in range(PARTS)]
    assert unread(IMPORT, {"pictures": json.dumps(rows)}, ".json", tmp_path) == []


@pytest.mark.slow
def test_files_of_a_provider(tmp_path: Path) -> None:
    folder = put(tmp_path).parent
    properties, required = model(), model()
    properties["properties"] |= {f"p{number}": {"type": "string"} for number in range(LINES)}
    required["required"] = [f"p{number}" for number in range(LINES)]
    texts = {"properties": json.dumps(properties), "required": json.dumps(required)}
    assert unread(PROVIDER, texts, ".json", folder) == []


@pytest.mark.slow
def test_a_lock(tmp_path: Path) -> None:
    texts = {name: "".join(each(number) for number in range(LINES)) for name, each in LOCKS.items()}
    texts["a line with a key that stands twice"] *= 2
    texts = {name: f'{{"seedspec_lock":1}}\n{text}' for name, text in texts.items()}
    sides = texts["attempts"].partition("\n")[2]
    texts["sides of a merge"] = f"<<<<<<< ours\n{sides}=======\n{sides.replace('task-', 'other-')}>>>>>>> theirs\n"
    assert unread(LOCK, texts, ".lock", tmp_path) == []


@pytest.mark.slow
def test_the_words_of_a_server(tmp_path: Path) -> None:
    assert unread(TELL, of_signs("::{}"), ".txt", tmp_path) == []
