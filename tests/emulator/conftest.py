"""A running emulator on real sockets, and what its tests ask of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated import LONGEST, booked, emulated

from seedspec.catalog.price_file import PriceBook
from seedspec.emulator.settings import Addresses, Settings, parse_fault
from seedspec.project.sources import catalog

SCHEMAS = Path(__file__).parents[2] / "schemas" / "evolink"
MODEL: dict[str, Any] = json.loads((SCHEMAS / "seedance-2.0-reference-to-video.json").read_text("utf-8"))
PRICES = catalog().prices["evolink"]
MODELS = catalog().models


@dataclass
class Running:
    """An emulator that listens, with a client that holds a key."""

    settings: Settings
    addresses: Addresses
    client: httpx.Client

    def body(self, **fields: Any) -> dict[str, Any]:
        given = {
            "model": MODEL["x-seedspec"]["model"],
            "prompt": "Tea pours over ice.",
            "duration": 4,
            "quality": "480p",
        }
        return {name: value for name, value in {**given, **fields}.items() if value is not None}

    def post(self, **fields: Any) -> httpx.Response:
        return self.client.post("/v1/videos/generations", json=self.body(**fields))

    def create(self, **fields: Any) -> dict[str, Any]:
        answer = self.post(**fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def read(self, task: str) -> dict[str, Any]:
        answer = self.client.get(f"/v1/tasks/{task}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def finish(self, task: str) -> dict[str, Any]:
        """Read a task until it has ended."""
        ended = ("completed", "failed")
        found: dict[str, Any] = self.until(lambda: self.read(task), lambda found: found["status"] in ended)
        return found

    def until(self, look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            found = look()
            if good(found):
                return found
        raise AssertionError(f"not within {LONGEST} s: {found}")

    def upload(self, content: bytes, name: str = "media", **fields: str) -> dict[str, Any]:
        answer = self.client.post("/api/v1/files/upload/stream", files={"file": (name, content)}, data=fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["data"]
        return found

    def credits(self) -> tuple[float, float]:
        """What is left and what is used."""
        found = self.client.get("/v1/credits").json()["data"]["user"]
        return found["remaining_credits"], found["used_credits"]

    def ledger(self, event: str | None = None) -> list[Mapping[str, Any]]:
        return [line for line in booked(self.settings.folder) if event in (None, line["event"])]


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    """An emulator in a thread of this process, until the block ends."""
    headers = {"Authorization": "Bearer sk-evo-test"}
    with (
        emulated(settings, MODELS) as found,
        httpx.Client(base_url=found.api, headers=headers, trust_env=False, verify=False, timeout=LONGEST) as client,
    ):
        yield Running(settings, found, client)


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an emulator with some settings; they all end with the test."""
    with ExitStack() as exits:

        def make(*faults: str, **fields: Any) -> Running:
            given = {"folder": tmp_path / "emulator", "seconds": 0.02, **fields}
            settings = Settings(**given, faults=tuple(map(parse_fault, faults)))
            return exits.enter_context(running(settings))

        yield make


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., AbstractContextManager[Running]]:
    """As `start`, for a test that ends an emulator itself."""

    def make(*faults: str, **fields: Any) -> AbstractContextManager[Running]:
        given = {"folder": tmp_path / "emulator", "seconds": 0.02, **fields}
        return running(Settings(**given, faults=tuple(map(parse_fault, faults))))

    return make


@pytest.fixture(scope="session")
def model() -> dict[str, Any]:
    return MODEL


@pytest.fixture(scope="session")
def prices() -> PriceBook:
    return PRICES


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One emulator for all tests that only ask it questions."""
    with running(Settings(tmp_path_factory.mktemp("shared"), seconds=0.02, local_callbacks=True)) as found:
        yield found
