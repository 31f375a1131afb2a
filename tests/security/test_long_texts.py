"""Signs and mistakes that stand in a file thousands of times: their findings come, in time that grows as it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
CHECK = """\
import resource, sys
from pathlib import Path
from seedspec import api

resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
for path in sys.argv[2:]:
    print(Path(path).stem, len(api.check(path)), flush=True)
"""
IMPORT = """\
import resource, sys
from contextlib import suppress
from pathlib import Path
from seedspec.project.importing.reading import Wish, import_from
from seedspec.project.importing.values import ImportFault

resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
for path in sys.argv[2:]:
    with suppress(ImportFault):
        import_from(path, Path.cwd(), Wish())
    print(Path(path).stem, flush=True)
"""
TELL = """\
import resource, sys
from pathlib import Path
from seedspec.project.crash_file import keep
from seedspec.run.service.redaction import Redaction
from seedspec.text.visible import make_printable, one_line, strip_workflow_commands

resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1])))
known = Redaction("sk-0123456789abcdefghij0123456789")
for path in sys.argv[2:]:
    text = Path(path).read_text(encoding="utf-8")
    known.words(text), known.holds(text), one_line(text, 300), strip_workflow_commands(text)
    make_printable(text, painted=False, log=True), keep(RuntimeError(text), [], Path.cwd())
    print(Path(path).stem, flush=True)
"""
DOCUMENTS = {
    "the rule below a head": "| id | prompt |\n{}\n| a | A street at dawn. |\n",
    "a cell": "| id | prompt |\n| --- | --- |\n| a | {} |\n",
    "a field": "## Shot 1\n\n- prompt: {}\n",
}


def told(script: str, files: list[Path], folder: Path) -> list[str]:
    """The files that were read to their end before the time was over."""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(CPU), *map(str, files)], cwd=folder, capture_output=True, text=True
    )
    return [line.partition(" ")[0] for line in ended.stdout.splitlines()]


def written(folder: Path, text: str, suffix: str) -> list[Path]:
    files = [folder / f"{number:02}{suffix}" for number in range(len(SIGNS))]
    for file, sign in zip(files, SIGNS, strict=True):
        file.write_text(text.format(sign * (MANY // len(sign))), encoding="utf-8")
    return files


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_a_check(place: str, tmp_path: Path) -> None:
    files = written(tmp_path, PLACES[place], ".yaml")
    missed = {file.stem for file in files} - {*told(CHECK, files, tmp_path)}
    assert not missed, [SIGNS[int(number)] for number in sorted(missed)]


@pytest.mark.slow
def test_a_check_of_many_mistakes(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.yaml" for number in range(len(MISTAKES))]
    for file, (head, each) in zip(files, MISTAKES.values(), strict=True):
        parts = (each.format(number) for number in range(PARTS))
        file.write_text(f"{HEAD}\n{head.format()}{''.join(parts)}", encoding="utf-8")
    missed = {file.stem for file in files} - {*told(CHECK, files, tmp_path)}
    assert not missed, [list(MISTAKES)[int(number)] for number in sorted(missed)]


@pytest.mark.slow
@pytest.mark.parametrize("place", DOCUMENTS)
def test_an_import(place: str, tmp_path: Path) -> None:
    files = written(tmp_path, DOCUMENTS[place], ".md")
    missed = {file.stem for file in files} - {*told(IMPORT, files, tmp_path)}
    assert not missed, [SIGNS[int(number)] for number in sorted(missed)]


@pytest.mark.slow
def test_the_words_of_a_server(tmp_path: Path) -> None:
    files = written(tmp_path, "::{}", ".txt")
    missed = {file.stem for file in files} - {*told(TELL, files, tmp_path)}
    assert not missed, [SIGNS[int(number)] for number in sorted(missed)]
