"""What is said before anything is bought: the price that is asked for, what is refused, what a machine lacks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import http_server

from seedspec import __version__, api
from seedspec.catalog.model import catalog_of
from seedspec.catalog.price import Cost
from seedspec.lock.run_events import RunFinished
from seedspec.plan.plan import Plan
from seedspec.project.credentials import BadSettings
from seedspec.project.sources import schemas
from seedspec.run import doctor
from seedspec.run.comparing import together
from seedspec.run.consent import (
    ConsentNeeded,
    Quote,
    Unpriced,
    Yes,
    check_consent,
    check_not_retired,
    check_priced,
    dollars,
    quote_of,
)
from seedspec.run.doctor import Finding
from seedspec.run.engine.proof import Lookup
from seedspec.run.prepare import Options, budget_of, check_services, lookup_of, providers_of, terms_of

BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {hero: {image: hero.png}}
BUDGET
shots:
  - {id: a, prompt: "one"}
  - {id: b, prompt: "two {{ ref('hero') }}"}
  - {id: c, prompt: "on {{ ref('p') }}", references: {p: {shot: a, frame: last}}}
"""
ARK = BOARD.replace(", quality: 480p", "").replace("model: seed", "model: ark-seed").replace("-reference-to-video", "")


@pytest.fixture
def planned(tmp_path: Path, hero: Path) -> Callable[..., api.Planned]:
    def plan(text: str = BOARD, budget: str = "", **options: Any) -> api.Planned:
        (tmp_path / "hero.png").write_bytes(hero.read_bytes())
        (tmp_path / "storyboard.yaml").write_text(text.replace("BUDGET", budget), encoding="utf-8")
        return api.plan(tmp_path / "storyboard.yaml", Options(**options))

    return plan


def quote(videos: int = 3, usd: str = "1.001", **more: Any) -> Quote:
    return Quote(videos, Decimal(usd) * 68, Decimal(usd), **more)


@pytest.mark.parametrize(
    ("found", "said", "question"),
    [
        (quote(), "3 videos, at most $1.01", "Buy 3 videos for at most $1.01?"),
        (quote(1, "0.5"), "1 video, at most $0.50", "Buy 1 video for at most $0.50?"),
        (quote(1_234, "9876"), "1,234 videos, at most $9,876.00", "Buy 1,234 videos for at most $9,876.00?"),
        (quote(guessed=True), "3 videos, at most ~$1.01", "Buy 3 videos for at most ~$1.01, which is a guess?"),
        (
            quote(unpriced=2), "3 videos, 2 of them without a known price, the others at most $1.01",
            "Buy 3 videos, 2 of them without a known price, the others for at most $1.01?",
        ),
        (
            quote(unpriced=3), "3 videos, 3 of them without a known price",
            "Buy 3 videos, 3 of them without a known price?",
        ),
    ],
)  # fmt: skip
def test_a_price_is_told_and_asked_for(found: Quote, said: str, question: str) -> None:
    assert (str(found), found.question) == (said, question)
    assert [dollars(Decimal(usd)) for usd in ("0", "0.01", "0.0101", "1234.5")] == [
        "$0.00",
        "$0.01",
        "$0.02",
        "$1,234.50",
    ]


@pytest.mark.parametrize(
    ("yes", "found", "covers", "said"),
    [
        (Yes(), quote(), True, "any price"),
        (Yes(), quote(unpriced=1), True, "any price"),
        (Yes(max_usd=1.001), quote(), True, "at most $1.01"),
        (Yes(max_usd=1.0), quote(), False, "at most $1.00"),
        (Yes(max_credits=68.068), quote(), True, "at most 68.068 credits"),
        (Yes(max_credits=Decimal("68.0679")), quote(), False, "at most 68.0679 credits"),
        (Yes(max_usd=9, max_credits=1), quote(), False, "at most $9.00 and 1 credits"),
        (Yes(max_usd=9, max_credits=5000), quote(), True, "at most $9.00 and 5,000 credits"),
        (Yes(max_usd=9), quote(unpriced=1), False, "at most $9.00"),
        (Yes(max_usd=9, unpriced=True), quote(unpriced=1), True, "at most $9.00"),
        (Yes(max_usd=0), quote(usd="0"), True, "at most $0.00"),
    ],
)
def test_a_yes_covers_a_price_to_its_last_digit(yes: Yes, found: Quote, covers: bool, said: str) -> None:
    assert (yes.covers(found), str(yes)) == (covers, said)
    more = "; `--unpriced` makes it one for what has no known price too" if found.unpriced else ""
    if covers:
        check_consent(found, yes)
        return
    with pytest.raises(ConsentNeeded) as refused:
        check_consent(found, yes)
    assert (str(refused.value), refused.value.exit) == (f"{found}: the yes is for {said}{more}", 4)
    assert (refused.value.quote, refused.value.consent) == (found, yes)


def test_without_a_yes_it_is_told_how_to_give_one() -> None:
    check_consent(None, None)
    for how, words in (({}, "give `consent=api.Yes()`"), ({"how": "say --yes"}, "say --yes")):
        with pytest.raises(ConsentNeeded) as refused:
            check_consent(quote(), None, **how)
        assert str(refused.value) == f"3 videos, at most $1.01: nothing is bought without a yes; {words}"
        assert refused.value.exit == 2
    for name in ("max_usd", "max_credits"):
        for bad in (-0.01, float("inf"), float("nan")):
            with pytest.raises(ValueError, match=rf"^{name} is {bad}; expected a number from 0 on$"):
                Yes(**{name: bad})


def test_what_a_plan_would_buy_is_priced_within_its_bounds(planned: Callable[..., api.Planned]) -> None:
    made = planned()
    plan, rate = made.plan, made.compiled.board.rate
    units = plan.cost.high
    per = rate.units_per_credit * rate.credits_per_usd
    assert quote_of(plan, rate, None, None) == Quote(3, Decimal(units) / rate.units_per_credit, Decimal(units) / per)
    least = quote_of(plan, rate, 20_000, 2)
    assert least == Quote(2, Decimal(2), Decimal(2) / rate.credits_per_usd)
    assert quote_of(plan, rate, units + 1, 9) == quote_of(plan, rate, None, None)
    assert quote_of(plan, rate, None, 0) is None and quote_of(Plan((), plan.lock), rate, None, None) is None
    bare = [replace(s, cost=Cost(0, 0, 1, True)) for s in plan.steps]
    assert quote_of(Plan(tuple(bare), plan.lock), rate, None, 2) == Quote(2, Decimal(0), Decimal(0), 2, True)
    again = [replace(s, retakes=1) for s in plan.steps]
    assert quote_of(Plan(tuple(again), plan.lock), rate, None, None) == Quote(
        6, Decimal(2 * units) / rate.units_per_credit, Decimal(2 * units) / per
    )


def test_a_budget_bounds_nothing_without_a_price(planned: Callable[..., api.Planned]) -> None:
    plan = planned().plan
    first, second, *rest = plan.steps
    check_priced(plan, 5, unpriced=False)
    unknown = Plan((first, replace(second, cost=Cost(0, 0, 1)), *rest), plan.lock)
    check_priced(unknown, None, unpriced=False)
    check_priced(unknown, 5, unpriced=True)
    said = (
        "no known price, the first is `{}`; a run with a budget buys none of them: leave the budget out, "
        "or add --unpriced, which buys them outside of it"
    )
    with pytest.raises(Unpriced) as refused:
        check_priced(unknown, 0, unpriced=False)
    assert (str(refused.value), refused.value.exit) == (f"1 video has {said.format(second.address)}", 4)
    entry: Any = SimpleNamespace(cost=Cost(0, 0, 1))
    with pytest.raises(Unpriced) as refused:
        check_priced(Plan((replace(first, retakes=2, entry=entry), second), plan.lock), 5, unpriced=False)
    assert str(refused.value) == f"2 videos have {said.format(first.address)}"


def test_what_a_model_that_has_ended_would_make_is_refused(tmp_path: Path, hero: Path) -> None:
    found = copy.deepcopy(schemas())
    dates = {"retired": "2026-01-31"}
    found["evolink/seedance-2.0-reference-to-video.json"]["x-seedspec"]["dates"] = dates
    (tmp_path / "hero.png").write_bytes(hero.read_bytes())
    (tmp_path / "storyboard.yaml").write_text(BOARD.replace("BUDGET", ""), encoding="utf-8")
    for today, ended in (("2026-01-30", False), ("2026-01-31", True)):
        catalog = catalog_of(found, today)
        made = api.compile(tmp_path / "storyboard.yaml", catalog)
        plan = api.plan(tmp_path / "storyboard.yaml", compiled=made).plan
        if not ended:
            check_not_retired(plan, catalog)
            continue
        with pytest.raises(BadSettings) as refused:
            check_not_retired(plan, catalog)
        head = (
            "3 videos cannot be bought, the first is `a/1`: model `seedance-2.0-reference-to-video` is retired since "
        )
        assert str(refused.value).startswith(f"{head}2026-01-31; ") and refused.value.exit == 3
        assert str(refused.value).endswith(", or leave out what it makes with --exclude")
        one = Plan(plan.steps[:1], plan.lock)
        with pytest.raises(BadSettings, match=r"^1 video cannot be bought, the first is `a/1`: "):
            check_not_retired(one, catalog)


@pytest.mark.parametrize(
    ("budget", "options", "units"),
    [
        ("", {}, None),
        ("budget: {credits: 2.00019}", {}, 20_001),
        ("budget: {credits: 3}", {"max_credits": 2.5}, 25_000),
        ("budget: {credits: 3}", {"max_credits": 0}, 0),
        ("budget: {credits: 3}", {"max_usd": 0.01}, 6_800),
        ("budget: {usd: 0.01}", {"max_usd": 0.02, "max_credits": Decimal("0.7")}, 6_800),
    ],
)
def test_the_least_ceiling_counts(
    budget: str, options: dict[str, Any], units: int | None, planned: Callable[..., api.Planned]
) -> None:
    made = planned(budget=budget)
    assert made.compiled.board.rate.credits_per_usd == 68
    assert budget_of(made.compiled.board, Options(**options)) == units


def test_what_a_run_knows_of_a_service_stands_in_its_file(planned: Callable[..., api.Planned]) -> None:
    made = planned().compiled
    files = {name: schemas()[f"{name}/provider.json"] for name in ("evolink", "ark", "fal")}
    assert [one["id"] for one in providers_of(made)] == ["evolink"]
    own = terms_of(made, made.board.provider.document)
    assert (own.attempts, own.result_seconds, own.together, own.balance) == (3, 86_400.0, 50, True)
    assert own.unreachable == ("invalid_media_url", "image_processing_error")
    assert own.lookup == Lookup("candidates") and own.called["seedance-2.0-reference-to-video"]
    assert [own.then(code) for code in ("service_error", "content_policy_violation", "odd")] == [
        "again",
        "change",
        "asked",
    ]
    ark, fal = terms_of(made, files["ark"]), terms_of(made, files["fal"])
    assert (ark.attempts, ark.together, ark.balance, ark.unreachable, ark.called) == (2, 1, False, (), {})
    assert fal.result_seconds == 168 * 3600.0 and fal.unreachable == ("file_download_error",)
    assert [lookup_of(one) for one in files.values()] == [
        Lookup("candidates"), Lookup("echo", ("seed",), "", 30), Lookup("none"),
    ]  # fmt: skip
    own_id = {"doubt": {"lookup": "own-id", "own": {"name": "client_id"}, "after_seconds": 2}}
    assert lookup_of(own_id) == Lookup("own-id", (), "client_id", 2) and lookup_of({}) == Lookup()


def test_a_service_that_takes_no_files_gets_none(planned: Callable[..., api.Planned]) -> None:
    made = planned(ARK)
    said = (
        "`b/1` sends the file `hero.png`, and BytePlus ModelArk takes no files: give its URL in the storyboard, "
        "or a bucket of your own with `--assets`"
    )
    with pytest.raises(BadSettings) as refused:
        check_services(made.compiled, made.plan, None)
    assert str(refused.value) == said
    check_services(made.compiled, made.plan, "s3://team/files")
    frame = Plan(tuple(s for s in made.plan.steps if s.address == "c/1"), made.plan.lock)
    with pytest.raises(BadSettings, match=r"^`c/1` sends the file "):
        check_services(made.compiled, frame, None)
    check_services(made.compiled, Plan(made.plan.steps[:1], made.plan.lock), None)
    check_services((evo := planned()).compiled, evo.plan, None)


def test_the_sums_of_two_rounds_are_added_but_for_what_the_first_alone_has() -> None:
    names = [
        "bought",
        "saved",
        "reused",
        "failed",
        "held",
        "running",
        "doubt",
        "waiting",
        "units",
        "to_fetch",
        "missing",
    ]
    numbers = {name: n for n, name in enumerate(names, 1)}
    one = RunFinished(**numbers, credits=0.1, exit=1, at="x")
    two = RunFinished(**{name: 10 * n for name, n in numbers.items()}, credits=0.2, exit=7, at="y", unmet=3)
    added = {name: n if name in ("reused", "missing") else 11 * n for name, n in numbers.items()}
    assert together(one, two) == RunFinished(**added, credits=0.3, exit=1, at="y", unmet=3)


# --- what a machine lacks ---

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
KEY = {"EVOLINK_API_KEY": "sk-evo-of-nobody-1234"}
PROVIDER = schemas()["evolink/provider.json"]


def told(folder: Path, environ: dict[str, str], as_of: str = "2026-11-29") -> dict[str, tuple[str, str]]:
    found = doctor.findings(PROVIDER, folder / "s.yaml", environ, as_of, NOW)
    return {f.name: (f.verdict, f.said) for f in found}


def test_what_can_be_told_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = told(tmp_path, {**KEY, "EVOLINK_FILES_URL": "https://files.example.com"})
    assert list(found) == [
        "seedspec", "python", "packages", "media", "emulator", "assets", "postgres", "watch", "key", "api address",
        "files address", "clock", "folder", "hold",
    ]  # fmt: skip
    assert found["seedspec"] == ("ok", __version__) and found["packages"][0] == "ok"
    assert found["packages"][1].startswith("PyYAML ") and found["packages"][1].count(", ") == 9
    assert found["key"] == ("ok", "EVOLINK_API_KEY is set, from the environment")
    assert found["api address"] == ("ok", "https://api.evolink.ai")
    assert found["files address"] == ("ok", "https://files.example.com (from EVOLINK_FILES_URL)")
    assert found["clock"] == ("ok", "2026-11-29T08:00:00Z, in UTC")
    assert found["folder"] == ("ok", f"`{tmp_path}` can be written") and list(tmp_path.iterdir()) == []
    assert found["hold"] == ("ok", f"`{tmp_path / 's.lock'}` is free: nothing has run here yet")
    (tmp_path / ".seedspec").mkdir()
    assert told(tmp_path, KEY)["hold"] == ("ok", f"`{tmp_path / 's.lock'}` is free")
    with doctor.hold(tmp_path / "s.lock"):
        verdict, said = told(tmp_path, KEY)["hold"]
        assert (verdict, said[:40]) == ("bad", f"`{tmp_path / 's.lock'}` is held by process"[:40])


def test_what_a_machine_lacks_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "PACKAGES", ("PyYAML", "no-such-package-1", "no-such-package-2"))
    monkeypatch.setattr(doctor, "EXTRAS", {"media": ("no-such-package-3",)})
    monkeypatch.setattr(doctor, "_broken_media", lambda: "it does not load")
    found = told(tmp_path / "none", {"EVOLINK_BASE_URL": "ftp://x"}, "2026-11-30")
    assert found["packages"] == ("bad", "not there: no-such-package-1, no-such-package-2; install seedspec anew")
    assert found["media"] == ("warning", "not there: no-such-package-3; pip install 'seedspec[media]'")
    late = "2026-11-29T08:00:00Z, which is before the prices of 2026-11-30 were made: set it right"
    assert found["clock"] == ("bad", late)
    assert found["key"][0] == "warning" and found["addresses"][0] == "bad"
    assert found["folder"] == ("bad", f"`{tmp_path / 'none'}` cannot be written: no such file or directory")
    assert "hold" not in found
    assert told(tmp_path, {"EVOLINK_API_KEY": "with space"})["key"][0] == "bad"
    (tmp_path / ".env").write_text(f"EVOLINK_API_KEY={KEY['EVOLINK_API_KEY']}\n")
    assert told(tmp_path, {})["key"] == ("ok", f"EVOLINK_API_KEY is set, from `{tmp_path / '.env'}`")
    monkeypatch.setattr(doctor, "EXTRAS", {"media": ("PyYAML",)})
    verdict, said = told(tmp_path, {})["media"]
    assert (
        verdict == "warning" and said.startswith("PyYAML ") and said.endswith(", which do not load: it does not load")
    )


def test_one_free_question_tells_whether_the_service_can_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from http.server import BaseHTTPRequestHandler

    monkeypatch.chdir(tmp_path)
    answers = [(200, b'{"data": {"user": {"remaining_credits": 1234.567}}}'), (200, b'{"data": {}}'), (401, b"{}")]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with http_server(Handler) as port:
        at = f"http://127.0.0.1:{port}"
        environ = {**KEY, "EVOLINK_BASE_URL": at, "EVOLINK_FILES_URL": at}
        assert [doctor.reach(PROVIDER, environ) for _ in range(3)] == [
            Finding("service", "ok", f"{at} takes the key; 1,234.57 credits are left"),
            Finding("service", "ok", f"{at} takes the key"),
            Finding("service", "bad", f"{at}: HTTP 401"),
        ]
        assert doctor.asks_here(PROVIDER, environ)
    assert not doctor.asks_here(PROVIDER, {}) and not doctor.asks_here(PROVIDER, {"EVOLINK_BASE_URL": "ftp://x"})
    none = doctor.reach(PROVIDER, {})
    assert none.verdict == "bad" and none.said.startswith("not asked: ")


def test_prices_in_credits_of_different_worth_are_no_sum() -> None:
    def entry(provider: str, per: int) -> Any:
        rate = SimpleNamespace(credits_per_usd=Decimal(per))
        return SimpleNamespace(model=SimpleNamespace(rate=rate, provider=SimpleNamespace(id=provider)))

    plan: Any = SimpleNamespace(buys=())
    check_services(SimpleNamespace(entries=[entry("evolink", 68), entry("ark", 68)]), plan, None)  # type: ignore[arg-type]
    with pytest.raises(BadSettings) as refused:
        check_services(SimpleNamespace(entries=[entry("evolink", 68), entry("ark", 100)]), plan, None)  # type: ignore[arg-type]
    assert str(refused.value) == (
        "the prices of this storyboard's services are in different credits: evolink has 68 to the dollar and ark has "
        "100 to the dollar; make them one"
    )
