"""Two machines that share a ledger buy each video once between them, whatever happens to one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bucket import Store
from clones import GATE, attached, together, wanted
from helpers import Make, Service

pytestmark = pytest.mark.slow


def test_two_clones_at_once_buy_each_video_once_and_both_have_all(project: Make, mine: Service, bucket: Store) -> None:
    one = attached(project, bucket, at=mine)
    one = one.another("a", more=GATE.format(gate=str(one.folder / "gate")))
    other = one.another("b")
    ended = together(one, other)
    assert [code for code, _, _ in ended] == [0, 0], ended
    bought = mine.bought(one.name)
    assert len(bought) == 6 and set(bought.values()) == {1}, bought
    assert [wanted(c.folder) for c in (one, other)] == [6, 6]
    assert sum(out.count('"BoughtElsewhere"') for _, out, _ in ended) >= 6, "each take is another one's for one of them"
    one, other = (replace(c, more="") for c in (one, other))
    assert [clone.do("fetch").code for clone in (other, one, other)] == [0, 0, 0], "each has seen the last snapshot"
    assert one.lock_path.read_bytes() == other.lock_path.read_bytes()


def test_without_a_ledger_two_clones_buy_everything_twice(project: Make, mine: Service, bucket: Store) -> None:
    one = attached(project, bucket, at=mine)
    one.lock_path.unlink()
    alone = dict(one.bucket)
    del alone["SEEDSPEC_LEDGER"]
    one = one.another("a", bucket=alone)
    ended = together(one, one.another("b"))
    assert [code for code, _, _ in ended] == [0, 0], ended
    assert set(mine.bought(one.name).values()) == {2}
