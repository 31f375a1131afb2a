"""A chain of shots as long as a storyboard may be: each continues the next, which stands later in the file."""

from __future__ import annotations

from pathlib import Path

from seedspec import api
from seedspec.plan.plan import Action

SHOTS = 999
HEAD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {cup: {image: "https://cdn.example.com/cup.webp"}}
shots:
"""


def test_a_chain_of_999_shots_is_planned(tmp_path: Path) -> None:
    shots = [
        f"  - {{id: s{n}, prompt: \"{n} {{{{ ref('next') }}}}\", references: {{next: {{shot: s{n + 1}}}}}}}"
        for n in range(SHOTS - 1)
    ]
    last = f"  - {{id: s{SHOTS - 1}, prompt: \"last {{{{ ref('cup') }}}}\"}}"
    path = tmp_path / "storyboard.yaml"
    path.write_text(HEAD + "\n".join([*shots, last]) + "\n", encoding="utf-8")
    plan = api.plan(path).plan
    assert [s.address for s in plan.steps] == [f"s{n}/1" for n in range(SHOTS)]
    assert plan.count(Action.SUBMIT) == SHOTS
