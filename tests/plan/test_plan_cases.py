"""Plans as data: a storyboard and a lock, and every step that comes of them with its reason and its cost."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seedspec import api
from seedspec.plan.plan import Step

CASES = Path(__file__).parents[1] / "cases" / "plan"


def said(step: Step) -> str:
    cost = f"  {step.cost.low}–{step.cost.high}" if step.cost.high else ""
    reason = re.sub(r"[0-9a-f]{56}(?=[0-9a-f]{8})", "…", repr(step.reason))
    return f"{step.action.value} {step.address}  {reason}{cost}\n"


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda p: p.name)
def test_plan(case: Path, tmp_path: Path, expect: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """`lock.jsonl` names fingerprints and manifests by address: "fp:open/1", "manifest:open/1"."""
    here = shutil.copytree(case, tmp_path / "project")
    monkeypatch.chdir(here)
    compiled = api.compile("storyboard.yaml")
    assert compiled.ok, compiled.diagnostics
    lines = (case / "lock.jsonl").read_text(encoding="utf-8")
    for entry in compiled.entries:
        manifest = json.dumps(json.loads(entry.manifest), ensure_ascii=False, separators=(",", ":"))
        lines = lines.replace(f'"fp:{entry.address}"', f'"{entry.fingerprint}"')
        lines = lines.replace(f'"manifest:{entry.address}"', manifest)
    (here / "storyboard.lock").write_text(lines, encoding="utf-8")
    plan = api.plan("storyboard.yaml", compiled=compiled).plan
    expect(case / "expected.txt", "".join(map(said, plan.steps)))
