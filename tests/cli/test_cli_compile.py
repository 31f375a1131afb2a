"""compile as a command: lines that stream, none of a storyboard that has an error, the same lines with a selection."""

from __future__ import annotations

import json
from pathlib import Path

import forks
import pytest

HEAD = "seedspec: 1\nmodel: seedance-2.0-reference-to-video\nreferences: {hero: {image: https://x.test/hero.png}}\n"
AXES = "matrix: {max_entries: 5000, axes: {n: [" + ", ".join(f"n{i}" for i in range(1500)) + "]}}\n"


def compile(folder: Path, prompt: str, *options: str) -> tuple[int, bytes, bytes]:
    (folder / "s.yaml").write_text(f'{HEAD}{AXES}shots:\n  - id: a\n    takes: 2\n    prompt: "{prompt}"\n')
    done = forks.run(("compile", "s.yaml", *options), folder)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_lines_are_the_objects_of_json(tmp_path: Path) -> None:
    prompt = "{{ ref('hero') }} on {{ n }}"
    code, lines, told = compile(tmp_path, prompt, "--format", "jsonl")
    assert (code, told) == (0, b"")
    entries = [json.loads(line) for line in lines.splitlines()]
    assert len(entries) == 3000 and entries[-1]["entry"] == "a@n=n1499/2"
    assert entries == json.loads(compile(tmp_path, prompt, "--format", "json")[1])
    assert compile(tmp_path, prompt, "--format", "jsonl", "--select", "take=1")[1].count(b"\n") == 1500


def test_an_error_in_the_last_entry_leaves_no_line(tmp_path: Path) -> None:
    prompt = "{{ ref('hero') }} on {% if n == 'n1499' %}{{ ref('her' ~ 'e') }}{% else %}{{ n }}{% endif %}"
    code, lines, told = compile(tmp_path, prompt, "--format", "jsonl")
    assert (code, lines) == (3, b"") and b"[unknown-reference]" in told
    assert not [p for p in tmp_path.iterdir() if p.name != "s.yaml"]
