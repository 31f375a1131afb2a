"""Providers that the emulator plays by their files alone: strict about bodies, in their own words, with its faults."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedspec.cli.main import start as command
from seedspec.lock.state import State
from seedspec.project.sources import catalog
from seedspec.run.store.lock_file import read_lock

ARK, FAL = "/api/v3/contents/generations/tasks", "/bytedance/seedance-2.0/reference-to-video"
TEXT = {"type": "text", "text": "Tea steams."}
GOOD: dict[str, dict[str, Any]] = {
    ARK: {"model": "dreamina-seedance-2-0-260128", "content": [TEXT], "duration": 4, "watermark": False},
    FAL: {"prompt": "Tea steams.", "duration": "4", "resolution": "480p"},
}
SCHEME = {ARK: "Bearer", FAL: "Key"}
BOARD = """\
seedspec: 1
name: three
matrix: {axes: {model: {evo: seedance-2.0-text-to-video, ark: ark-seedance-2.0, fal: fal-seedance-2.0}}}
defaults: {quality: 480p, duration: 4, aspect_ratio: adaptive, generate_audio: false}
shots: [{id: open, prompt: Tea steams in a white cup.}]
"""


def post(api: str, path: str, body: Any, key: str | None = None) -> httpx.Response:
    header = f"{SCHEME[path]} some-key" if key is None else key
    return httpx.post(api + path, json=body, headers={"Authorization": header}, trust_env=False, timeout=20)


@pytest.mark.parametrize("path", [ARK, FAL])
def test_a_body_is_judged_by_the_template_and_the_model(start: Any, path: str) -> None:
    api, good = start().addresses.api, GOOD[path]
    assert post(api, path, good).status_code == 200
    spoilt: list[dict[str, Any]] = [
        {**good, "unknown": 1},
        {**good, "resolution": "8k"},
        {**good, "duration": 99 if path == ARK else "99"},
        {**good, "duration": "4" if path == ARK else 4},
        {**good, "model": "another"} if path == ARK else {**good, "model": "x"},
        {**good, "content": [TEXT, TEXT]} if path == ARK else {**good, "image_urls": "https://a.example/x.png"},
        {**good, "content": []} if path == ARK else {k: v for k, v in good.items() if k != "prompt"},
    ]
    for body in spoilt:
        answer = post(api, path, body)
        said = answer.json()
        assert answer.status_code in (400, 404), body
        assert said["error"]["code"] if path == ARK else said["error_type"], said


@pytest.mark.parametrize("path", [ARK, FAL])
def test_a_key_in_the_way_of_another_provider_is_refused(start: Any, path: str) -> None:
    api = start().addresses.api
    other = SCHEME[FAL if path == ARK else ARK]
    for header in (f"{other} some-key", "", "some-key"):
        assert post(api, path, GOOD[path], header).status_code == 401


def test_tasks_walk_in_the_words_of_their_provider(start: Any) -> None:
    api = start(seconds=0.5).addresses.api
    ark, fal = post(api, ARK, GOOD[ARK]).json()["id"], post(api, FAL, GOOD[FAL]).json()["request_id"]
    app = f"{api}/bytedance/seedance-2.0/requests/{fal}"
    ends, seen = time.monotonic() + 20, (set[str](), set[str]())
    while time.monotonic() < ends and not all({"succeeded", "COMPLETED"} & one for one in seen):
        mine = httpx.get(f"{api}{ARK}/{ark}", headers={"Authorization": "Bearer some-key"}, trust_env=False).json()
        theirs = httpx.get(f"{app}/status", headers={"Authorization": "Key some-key"}, trust_env=False).json()
        seen[0].add(mine["status"])
        seen[1].add(theirs["status"])
        time.sleep(0.05)
    assert seen[0] <= {"queued", "running", "succeeded"} and "succeeded" in seen[0]
    assert seen[1] <= {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"} and "COMPLETED" in seen[1]
    assert mine["content"]["video_url"].startswith("http") and mine["model"] == GOOD[ARK]["model"]
    result = httpx.get(app, headers={"Authorization": "Key some-key"}, trust_env=False).json()
    assert result["video"]["url"].startswith("http")
    for path in (f"{ARK}/{fal}", f"{ARK}/task-unified-1-ab"):  # of another provider, and of nobody
        answer = httpx.get(api + path, headers={"Authorization": "Bearer some-key"}, trust_env=False)
        assert answer.status_code == 404 and answer.json()["error"]["code"] == "task_not_found"


@pytest.mark.slow
def test_one_run_buys_of_three_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("storyboard.yaml").write_text(BOARD, encoding="utf-8")
    assert command(["run", "--emulator", "--emulator-seconds", "0.1", "--unpriced"]) == 0, capfd.readouterr().err
    said = capfd.readouterr()
    assert "BytePlus ModelArk is unproven here" in said.err and "fal.ai is unproven here" in said.err
    lock = read_lock(Path("storyboard.emulator.lock"))
    assert {r.manifest["provider"]: r.state for r in lock if r.manifest} == dict.fromkeys(
        ("evolink", "ark", "fal"), State.SAVED
    )
    asked = [r.manifest["request"] for r in lock if r.manifest]
    assert {one.get("ratio", one.get("aspect_ratio")) for one in asked} == {"adaptive", "auto"}
    assert command(["run", "--emulator"]) == 0
    assert capfd.readouterr().out.startswith("0 bought, 0 saved, 3 reused")


@pytest.mark.parametrize(
    ("fault", "states", "code"),
    [
        ("lost-reply", {State.DOUBT}, 8),
        ("no-id", {State.DOUBT}, 8),
        ("garbled-reply", {State.DOUBT}, 8),
        ("failed=content_policy_violation", {State.FAILED}, 1),
        ("refused", {State.FAILED}, 1),
    ],
)
@pytest.mark.slow
def test_faults_of_declared_providers_end_as_those_of_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    fault: str, states: set[State], code: int,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("storyboard.yaml").write_text(BOARD.replace("evo: seedance-2.0-text-to-video, ", ""), encoding="utf-8")
    words = ["run", "--emulator", "--emulator-seconds", "0.1", "--unpriced", "--fault", fault]
    assert command(words) == code, capfd.readouterr().err
    assert {r.state for r in read_lock(Path("storyboard.emulator.lock"))} == states


def test_a_missing_key_is_told_by_its_own_variable_before_anything_is_bought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("storyboard.yaml").write_text(BOARD, encoding="utf-8")
    for name in ("EVOLINK_API_KEY", "ARK_API_KEY"):
        monkeypatch.setenv(name, "a-key-of-its-own")
    monkeypatch.delenv("FAL_KEY", raising=False)
    assert command(["run", "--yes", "--unpriced"]) == 5
    assert "set FAL_KEY in the environment" in capfd.readouterr().err
    assert not Path("storyboard.lock").exists()


def test_every_price_file_has_one_credit() -> None:
    """Sums and budgets go across services: a credit is the same part of a dollar in all of them."""
    assert len({book.credits_per_usd for book in catalog().prices.values()}) == 1


def test_the_emulated_ledger_has_the_body_of_each_provider(start: Any) -> None:
    running = start()
    for path, body in GOOD.items():
        assert post(running.addresses.api, path, body).status_code == 200
    lines = running.ledger()
    kept = [line["request"]["body"] for line in lines if line["event"] == "reserved"]
    assert [one["model"] for one in kept] == ["ark-seedance-2.0", "fal-seedance-2.0"]
    assert all(one["duration"] == 4 and one["prompt"] == "Tea steams." for one in kept)
