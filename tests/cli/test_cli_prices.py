"""`prices`, newer prices from a server that speaks the vendor's language, and runs of what has no known price."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from looks import Run

from seedspec.catalog.price import Asked, charge
from seedspec.catalog.price_file import PriceBook, price_book
from seedspec.catalog.price_rules import NotUnderstood, rows_of
from seedspec.catalog.schema import Schema
from seedspec.project import sources

MODEL = "seedance-2.0-reference-to-video"
BOARD = f"seedspec: 1\nmodel: {MODEL}\nreferences: {{a: {{image: 'https://e.example/a.png'}}}}\n"
pytestmark = pytest.mark.slow

UNIT = {"name": "credit", "per_usd": "68", "as_of": "2026-10-10"}
SHOTS = "shots: [{id: s, prompt: \"{{ ref('a') }} walks\"}]\n"


def variable(name: str) -> Any:
    return {"op": "variable", "name": name}


def constant(value: str) -> Any:
    return {"op": "constant", "value": value}


def lookup(**values: str) -> Any:
    return {"op": "lookup", "key": variable("quality"), "values": {k.strip("q"): v for k, v in values.items()}}


def money(uc: str) -> Any:
    return {"uc": uc, "credits": f"{int(uc) / 10_000:g}", "cny": "0", "usd": f"{int(uc) / 680_000:.8f}"}


def component(uc: str, quantity: Any, name: str = "video_output", least: str = "0", **more: Any) -> Any:
    return {
        "id": name, "rate": money(uc), "minimum_charge": money(least), "pricing_status": "available",
        "quantity_rule": quantity, "rounding": {"point": "per_component_subtotal", "mode": "half_up"}, "tiers": [],
        **more,
    }  # fmt: skip


def model(name: str, *components: Any, **more: Any) -> Any:
    head = {"model_id": name, "policy_source": "published", "pricing_status": "available"}
    return {**head, "components": list(components), **more}


INPUT = variable("input_seconds")
SECONDS = variable("duration_seconds")
HAS = {"op": "gt", "args": [INPUT, constant("0")]}
LONGER = {"op": "max", "args": [INPUT, SECONDS]}
BILLED = {"op": "add", "args": [SECONDS, {"op": "if", "args": [HAS, LONGER, constant("0")]}]}
WHOLE = {"op": "ceil", "args": [{"op": "multiply", "args": [BILLED, constant("10")]}]}
TENTHS = {"op": "divide", "args": [WHOLE, constant("10")]}
REFERENCE = {"op": "multiply", "args": [TENTHS, {"op": "if", "args": [
    HAS, lookup(q480p="0.284", q720p="0.609"), lookup(q480p="0.465", q720p="1")]}]}  # fmt: skip
SOUND = {"op": "multiply", "args": [SECONDS, {"op": "if", "args": [
    {"op": "eq", "args": [variable("sound"), constant("on")]}, constant("2"), constant("1")]}]}  # fmt: skip
SEARCH = component("400", variable("search_count"), "web_search",
                   condition={"op": "gt", "args": [variable("search_count"), constant("0")]})  # fmt: skip
RULES = {
    "meta": {"schema_version": "2", "price_scope": "public_default"},
    "models": [
        model(MODEL, component("150000", REFERENCE, least="250020")),
        model("kling-v3-image-to-video", component("54000", SOUND)),
        model("seedance-2.0-text-to-video", component("135000", SECONDS), SEARCH),
        model("seedance-1.5-pro", component("1", {"op": "power", "args": [SECONDS]})),
    ],
}


def taken(document: Any = RULES) -> tuple[dict[str, Any], dict[str, str]]:
    return rows_of(document, [m["model_id"] for m in RULES["models"]], "2026-11-29", Fraction(68))


def test_the_vendors_rules_become_rows() -> None:
    rows, why = taken()
    document = {"seedspec_prices": 2, "provider": "evolink", "unit": UNIT,
                "models": {name: [row] for name, row in rows.items()}}  # fmt: skip
    book = price_book("own.json", document, Schema(sources.schemas()["meta/prices.json"]))
    assert isinstance(book, PriceBook) and book.all_faults() == []
    units = charge(book.rate(MODEL, "2026-11-29"), Asked(5, "720p", videos=1), 8.01)
    assert units == round(Fraction("13.1") * 15 * Fraction("0.609") * 10_000)
    assert charge(book.rate(MODEL, "2026-11-29"), Asked(4, "480p")) == round(4 * 15 * Fraction("0.465") * 10_000)
    kling = book.rate("kling-v3-image-to-video", "2026-11-29")
    assert [charge(kling, Asked(5, "720p", sound=s)) for s in (True, False)] == [540_000, 270_000]
    assert charge(book.rate("seedance-2.0-text-to-video", "2026-11-29"), Asked(5, "720p")) == 675_000
    assert list(why) == ["seedance-1.5-pro"] and "power" in why["seedance-1.5-pro"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(value[key], (*path, key))


@pytest.mark.parametrize("to", [None, 7, "text", [], {}])
def test_other_rules_end_in_no_traceback(to: Any) -> None:
    for path in places(RULES):
        made = copy.deepcopy(RULES)
        here: Any = made
        for step in path[:-1]:
            here = here[step]
        here[path[-1]] = to
        try:
            rows, why = taken(made)
        except NotUnderstood:
            continue
        assert rows.keys() | why.keys() == {m["model_id"] for m in RULES["models"]}


class Server:
    """A vendor on loopback: `answer` is a status with a body, or a place to go on to; `heard` are the requests."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes, str] = (200, json.dumps(RULES).encode(), "")
        self.heard: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.heard.append((self.path, dict(self.headers)))
                status, body, to = outer.answer
                self.send_response(status)
                if to:
                    self.send_header("Location", to)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    found = Server()
    monkeypatch.setenv("EVOLINK_BASE_URL", found.url)
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-secret-of-the-user")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    yield found
    found.server.shutdown()
    found.server.server_close()


def own_file(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "seedspec" / "providers" / "evolink" / "prices.json"


def test_newer_prices_are_shown_and_taken_up_with_a_yes(vendor: Server, tmp_path: Path, seedspec: Run) -> None:
    said = seedspec("prices", "refresh", "evolink")
    assert said.code == 2 and "add --yes" in said.err and not own_file(tmp_path).exists()
    assert f"~ {MODEL}  since 2026-10-10" in said.out and "+ video_output: 15 credits, at least 25.002" in said.out
    assert "! seedance-1.5-pro  stays as it is" in said.out
    (path, headers), *_ = vendor.heard
    assert path == "/v1/catalog/pricing-rules?view=full" and "secret" not in json.dumps(headers)
    said = seedspec("prices", "refresh", "evolink", "--yes")
    assert said.code == 0 and str(own_file(tmp_path)) in said.err
    day = sources.today()
    assert f"{MODEL}  " in seedspec("prices", "--model", MODEL).out
    (one,) = json.loads(seedspec("prices", "--model", MODEL, "--format", "json").out)["models"].values()
    assert (one["as_of"], one["days"], one["sure"]) == (day, 0, "stated")
    (tmp_path / "storyboard.yaml").write_text(BOARD + SHOTS)
    assert f"75.00 credits ($1.10); prices of {day}" in seedspec("plan", str(tmp_path / "storyboard.yaml")).out
    assert seedspec("prices", "refresh", "evolink", "--yes").code == 0  # once more on the same day replaces its rows
    assert len(json.loads(own_file(tmp_path).read_bytes())["models"][MODEL]) == 1


def test_a_program_reads_what_newer_prices_change(vendor: Server, tmp_path: Path, seedspec: Run) -> None:
    said = seedspec("prices", "refresh", "evolink", "--format", "json")
    found = json.loads(said.out)
    assert said.code == 2 and "add --yes" in said.err and not own_file(tmp_path).exists()
    assert (found["written"], found["from"]) == (None, sources.today())
    assert "power" in found["not_understood"]["seedance-1.5-pro"]
    assert found["models"][MODEL]["before"] == "2026-10-10"
    changed = {part["name"]: part for part in found["models"][MODEL]["parts"]}
    assert changed["video_output"]["new"]["rate"] == "15" and None in [part["new"] for part in changed.values()]
    said = seedspec("prices", "--format", "json", "refresh", "evolink", "--yes")
    assert said.code == 0 and said.err == "" and json.loads(said.out)["written"] == str(own_file(tmp_path))
    found = json.loads(seedspec("prices", "refresh", "evolink", "--yes", "--format", "json").out)
    assert found["models"][MODEL] == {"before": sources.today(), "parts": []}
    vendor.answer = (200, json.dumps({**RULES, "models": RULES["models"][-1:]}).encode(), "")
    said = seedspec("prices", "refresh", "evolink", "--yes", "--format", "json")
    assert said.code == 7 and json.loads(said.out)["written"] is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, b"<html>", ""), "no JSON"),
        ((200, b'{"meta": {}, "models": []}', ""), "version 2"),
        ((200, b"[" * 5_000 + b"]" * 5_000, ""), ""),
        ((200, b" " * 5_000_000, ""), "more than"),
        ((500, b"", ""), "HTTP 500"),
        ((302, b"", "http://127.0.0.1:1/other"), "not followed"),
    ],
    ids=["html", "other form", "deep", "large", "error", "redirect"],
)
def test_what_is_not_understood_changes_nothing(
    vendor: Server, tmp_path: Path, seedspec: Run, answer: tuple[int, bytes, str], words: str
) -> None:
    vendor.answer = answer
    said = seedspec("prices", "refresh", "evolink", "--yes")
    assert said.code == 7 and words in said.err and "nothing was changed" in said.err
    assert len(vendor.heard) == 1 and not own_file(tmp_path).exists()


def test_a_provider_that_is_not_known(seedspec: Run) -> None:
    said = seedspec("prices", "refresh", "other")
    assert said.code == 2 and "`evolink`" in said.err


# --- what has no known price, and what is a guess -------------------------------------------------------------------


def priced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: str, **row: Any) -> str:
    """A storyboard, and prices of the user's own with this row."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    parts = [{"name": "video", "rate": "10", "quantity": {"var": "seconds"}}]
    made = {"from": "2026-11-01", "source": "a friend", "sure": "guessed", "parts": parts, **row}
    own_file(tmp_path).parent.mkdir(parents=True)
    document = {"seedspec_prices": 2, "provider": "evolink", "unit": UNIT,
                "models": {MODEL: [made]}}  # fmt: skip
    own_file(tmp_path).write_text(json.dumps(document))
    (tmp_path / "storyboard.yaml").write_text(board)
    return str(tmp_path / "storyboard.yaml")


def test_a_guess_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seedspec: Run) -> None:
    board = priced(tmp_path, monkeypatch, BOARD + SHOTS)
    assert "estimate: ~50.00 credits (~$0.74); prices of 2026-11-01, which are a guess" in seedspec("plan", board).out
    assert "~50.00" in seedspec("cost", board).out
    found = json.loads(seedspec("plan", board, "--format", "json").out)
    assert found["guessed"] is True and found["steps"][0]["guessed"] is True
    run = seedspec("run", board, "--emulator", "--emulator-seconds", "0")
    assert run.code == 0 and "~50.00" in run.out


@pytest.mark.parametrize("by", ["storyboard", "--max-usd", "--max-credits"])
def test_a_budget_refuses_what_has_no_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seedspec: Run, by: str
) -> None:
    text = BOARD + ("budget: {usd: 5}\n" if by == "storyboard" else "") + SHOTS
    board = priced(tmp_path, monkeypatch, text, until="2026-11-02")
    options = () if by == "storyboard" else (by, "5")
    said = seedspec("plan", board).out
    assert "unpriced" in said and "ended on 2026-11-02" in said
    found = json.loads(seedspec("plan", board, "--format", "json").out)
    assert found["unpriced"] == 1 and found["credits"] == {"low": 0, "high": 0}
    refused = seedspec("run", board, "--emulator", "--emulator-seconds", "0", *options)
    assert refused.code == 4 and "--unpriced" in refused.err and not list(tmp_path.glob("renders*/*"))
    if by != "storyboard":
        return
    run = seedspec("run", board, "--emulator", "--emulator-seconds", "0", "--unpriced", *options)
    assert run.code == 0 and "unpriced" in run.out and list(tmp_path.glob("renders*/*.mp4"))


def test_without_a_budget_it_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seedspec: Run) -> None:
    board = priced(tmp_path, monkeypatch, BOARD + SHOTS, parts=[{"name": "video", "rate": "10"}])
    said = seedspec("plan", board).out
    assert "unpriced" in said and "key `quantity` is missing" in said
    assert seedspec("run", board, "--emulator", "--emulator-seconds", "0").code == 0
