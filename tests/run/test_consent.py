"""Nothing is bought without a yes, and an emulated run reaches no service but an emulator: where requests are sent."""

from __future__ import annotations

import re
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from helpers import CANARY, QUICK, SMALL, Make, Project, nearby

from seedspec import api
from seedspec.lock.purchase_events import Saved
from seedspec.project.credentials import BadSettings, Key, Origins
from seedspec.project.paths import place_of
from seedspec.project.sources import schemas
from seedspec.run.service.service import Emulator, Service, service_of

pytestmark = pytest.mark.slow

PACKAGE = Path(api.__file__).parent
PROVIDER = schemas()["evolink/provider.json"]
HERE, AWAY = "http://127.0.0.1:9", "https://api.example.com"
KEY = Key(CANARY)


def bought(found: Project, consent: api.Yes | None, **options: object) -> list[api.Event]:
    given = api.Options(**{"pace": QUICK, **options})  # type: ignore[arg-type]
    return list(api.run(found.folder / "storyboard.yaml", given, consent=consent, environ=found.environ()))


def needed(found: Project, consent: api.Yes | None, **options: object) -> api.ConsentNeeded:
    """What is asked for when a run is refused; nothing was sent and nothing was written."""
    with pytest.raises(api.ConsentNeeded) as refused:
        bought(found, consent, **options)
    assert not found.lock_path.exists() and not found.service.bought(found.name)
    return refused.value


def test_without_a_yes_nothing_is_bought(project: Make) -> None:
    found = project(SMALL)
    error = needed(found, None)
    whole = api.plan(found.folder / "storyboard.yaml").plan.cost.high
    assert (error.quote.videos, error.quote.credits, error.exit) == (2, Decimal(whole) / 10_000, 2)
    said = str(error)
    assert re.fullmatch(
        r"2 videos, at most \$\d\.\d\d: nothing is bought without a yes; give `consent=api.Yes\(\)`", said
    )


def test_a_yes_to_less_is_no_yes_and_one_to_the_price_is(project: Make) -> None:
    found = project(SMALL)
    quote = needed(found, None).quote
    less = needed(found, api.Yes(max_credits=quote.credits - Decimal("0.0001")))
    assert str(less).startswith(f"{quote}: the yes is for at most ") and "credits" in str(less)
    assert "the yes is for at most $0.10" in str(needed(found, api.Yes(max_usd=0.1)))
    assert isinstance(bought(found, api.Yes(max_credits=quote.credits))[-1], api.RunFinished)
    assert sum(found.service.bought(found.name).values()) == 2


def test_the_price_is_bounded_by_budget_and_count(project: Make) -> None:
    found = project(SMALL)
    assert needed(found, None, max_credits=20).quote.credits == 20
    assert needed(found, None, max_entries=1).quote.videos == 1
    assert needed(found, api.Yes(max_credits=19), max_credits=20).quote.credits == 20


@pytest.mark.parametrize("bound", [float("nan"), float("inf"), -1.0])
def test_a_bound_is_a_number(bound: float) -> None:
    for name in ("max_usd", "max_credits"):
        with pytest.raises(ValueError, match="expected a number"):
            api.Yes(**{name: bound})


def test_what_is_bought_already_needs_no_yes(project: Make) -> None:
    """What is in flight is followed, what is made is fetched, and with everything done nothing is asked."""
    found = project(SMALL)
    assert bought(found, api.Yes(), wait=False)[-1].exit == 7  # type: ignore[union-attr]
    found.rewrite("two/1", state="doubt")
    assert sum(isinstance(e, Saved) for e in bought(found, None)) == 1
    (found.folder / "renders/one_take1.mp4").unlink()
    assert sum(isinstance(e, Saved) for e in bought(found, None)) == 1
    assert sum(isinstance(e, Saved) for e in bought(found, None)) == 0
    found.rewrite("two/1", state="running")
    assert sum(isinstance(e, Saved) for e in bought(found, None, submit=False)) == 1
    assert sum(found.service.bought(found.name).values()) == 2


def test_buying_failed_ones_again_needs_a_yes(project: Make, tmp_path: Path) -> None:
    with nearby(tmp_path / "e", "failed=unknown_error@1,2") as service:
        found = project(SMALL, at=service)
        assert bought(found, api.Yes())[-1].exit == 1  # type: ignore[union-attr]
        assert set(found.states().values()) == {"failed"}
        assert bought(found, None)[-1].exit == 1  # type: ignore[union-attr]
        with pytest.raises(api.ConsentNeeded, match="2 videos"):
            bought(found, None, retry_failed=True)
        assert set(found.states().values()) == {"failed"} and len(service.ledger("reserved")) == 2
        assert bought(found, api.Yes(), retry_failed=True)[-1].exit == 0  # type: ignore[union-attr]


def test_a_fetch_and_a_locked_run_need_none(project: Make) -> None:
    found = project(SMALL)
    assert isinstance(bought(found, None, submit=False)[-1], api.RunFinished)
    with pytest.raises(BadSettings, match="would be bought") as refused:
        bought(found, None, locked=True)
    assert not isinstance(refused.value, api.ConsentNeeded)


def test_an_emulated_run_starts_its_emulator_and_never_asks_the_service(project: Make) -> None:
    """Whatever the environment says: its service has a key, and is asked nothing."""
    found = project(SMALL)
    asked = len(found.service.ledger("reserved")), len(found.service.ledger("seen"))
    before = set(threading.enumerate())
    board = found.folder / "storyboard.yaml"
    given = api.Options(emulated=True, pace=QUICK)
    events = list(api.run(board, given, environ=found.environ()))
    assert sum(isinstance(e, Saved) for e in events) == 2 and events[-1].exit == 0  # type: ignore[union-attr]
    assert (len(found.service.ledger("reserved")), len(found.service.ledger("seen"))) == asked
    assert (found.folder / "storyboard.emulator.lock").exists() and not found.lock_path.exists()
    assert {t for t in threading.enumerate() if t.name.startswith("seedspec")} <= before
    again = list(api.run(board, given, environ={}))
    assert not any(isinstance(e, Saved) for e in again) and isinstance(again[-1], api.RunFinished)


def test_one_emulator_serves_several_runs_with_its_faults(project: Make) -> None:
    found = project(SMALL)
    board, given = found.folder / "storyboard.yaml", api.Options(emulated=True, pace=QUICK)
    with api.emulator(board, seconds=0.05, faults=["refused@1"], seed=3) as emulator:
        assert all(url.startswith("http://127.0.0.1:") for url in (emulator.api, emulator.files, emulator.results))
        assert list(api.run(board, given, emulator=emulator))[-1].exit == 1  # type: ignore[union-attr]
        with pytest.raises(BadSettings, match=r"another|in use|taken|folder"), api.emulator(board):
            pass
        with pytest.raises(BadSettings, match=r"storyboard\.lock.*Options\(emulated=True\)"):
            list(api.run(board, api.Options(pace=QUICK), consent=api.Yes(), emulator=emulator))
    assert CANARY not in repr(emulator) and "emulator)" not in repr(emulator.key)
    assert not found.lock_path.exists()


@pytest.mark.parametrize("fault", ["nonsense", "failed=@", "slow=x"])
def test_a_fault_that_is_none_is_told(project: Make, fault: str) -> None:
    with (
        pytest.raises(BadSettings, match=r"fault|expected"),
        api.emulator(project(SMALL).folder / "storyboard.yaml", faults=[fault]),
    ):
        pass


def test_no_service_has_a_lock_of_the_emulator_and_an_address_elsewhere(project: Make) -> None:
    found = project(SMALL)
    made = api.compile(found.folder / "storyboard.yaml")
    assert made.board is not None
    fake, paid = (place_of(made.path, made.board, emulated=emulated) for emulated in (True, False))
    for origins in (Origins(AWAY, AWAY), Origins(HERE, AWAY), Origins(AWAY, HERE)):
        with pytest.raises(BadSettings, match=r"storyboard\.emulator\.lock.*not on this machine"):
            Service(fake, origins, KEY)
        assert Service(paid, origins, KEY).origins == origins
    with pytest.raises(BadSettings, match="emulator's"):
        service_of(PROVIDER, fake, {"EVOLINK_API_KEY": CANARY})
    with pytest.raises(BadSettings, match="no lock of the emulator"):
        Emulator(HERE, HERE, HERE, KEY).service(paid)
    with pytest.raises(BadSettings, match="not on this machine"):
        Emulator(AWAY, AWAY, AWAY, KEY).service(fake)
    by_hand = {"EVOLINK_API_KEY": CANARY, "EVOLINK_BASE_URL": HERE, "EVOLINK_FILES_URL": HERE}
    assert service_of(PROVIDER, paid, by_hand).origins == Origins(HERE, HERE)


def test_requests_leave_by_a_service_alone() -> None:
    """A client is made by a service, which has a lock; and by the doctor, who buys nothing and has none."""
    makers = {
        p.relative_to(PACKAGE).as_posix()
        for p in PACKAGE.rglob("*.py")
        if re.search(r"(?<!\.)\bClient\(", p.read_text())
    }
    assert makers == {"run/service/service.py", "run/doctor.py"}
