"""An emulator in a process of its own: found by its parent, gone with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from seedspec.emulator.process import EmulatorError, child
from seedspec.emulator.settings import Addresses

pytestmark = pytest.mark.slow
# What the command does, without its options: announce the addresses, end with standard input.
PROGRAM = """
import sys, threading
from pathlib import Path
from seedspec.emulator.server import serve, stop_at_end_of_input
from seedspec.emulator.settings import Settings
from seedspec.project.sources import catalog

folder = Path(sys.argv[1])
stop = threading.Event()
stop_at_end_of_input(stop)
serve(Settings(folder, seconds=0.02), models=catalog().models, stop=stop,
      ready=lambda addresses: print(addresses.line(), flush=True))
print("ended well", flush=True)
"""
START = (sys.executable, "-c", PROGRAM)


def listens(addresses: Addresses) -> bool:
    try:
        httpx.get(f"{addresses.api}/v1/credits", trust_env=False, verify=False)
    except httpx.TransportError:
        return False
    return True


def test_a_child_for_as_long_as_the_block(tmp_path: Path) -> None:
    with child([str(tmp_path)], start=START) as addresses:
        assert listens(addresses)
    assert not listens(addresses)
    with child([str(tmp_path)], start=START) as again:
        assert listens(again)


def test_a_child_that_does_not_start_says_why(tmp_path: Path) -> None:
    arguments = [str(tmp_path)]
    held = pytest.raises(EmulatorError, match="another emulator holds")
    with child(arguments, start=START), held, child(arguments, start=START):
        raise AssertionError("the second one started")
    for program, words in (("import sys; sys.exit(3)", "code 3"), ("print('hello')", "said nothing")):
        with pytest.raises(EmulatorError, match=words), child([], start=(sys.executable, "-c", program)):
            raise AssertionError("it started")


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_a_child_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent_program = (
        "import sys\n"
        "from seedspec.emulator.process import child\n"
        "with child([sys.argv[1]], start=sys.argv[2:]) as addresses:\n"
        "    print(addresses.line(), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", parent_program, str(tmp_path), *START]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        addresses = Addresses.read(parent.stdout.readline().decode())
        assert listens(addresses)
        parent.send_signal(signal.SIGKILL)
        parent.wait(20)
    assert any(not listens(addresses) for _ in range(5000))


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    known: list[str] = []
    for _ in range(3):
        with subprocess.Popen([*START, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as emulator:
            assert emulator.stdout is not None
            addresses = Addresses.read(emulator.stdout.readline().decode())
            key = {"Authorization": "Bearer k"}
            with httpx.Client(base_url=addresses.api, headers=key, trust_env=False, verify=False) as client:
                for task in known:
                    assert client.get(f"/v1/tasks/{task}").status_code == 200
                body = {"model": "seedance-2.0-reference-to-video", "prompt": "x", "duration": 4, "quality": "480p"}
                known += [client.post("/v1/videos/generations", json=body).json()["id"] for _ in range(5)]
                used = client.get("/v1/credits").json()["data"]["user"]
            assert used["remaining_credits"] + used["used_credits"] <= 100_000
            emulator.kill()
    lines = (tmp_path / "ledger.jsonl").read_bytes().splitlines()
    assert sum(b'"reserved"' in line for line in lines) == len(known) == 15


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen([*START, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as emulator:
        assert emulator.stdout is not None
        assert listens(Addresses.read(emulator.stdout.readline().decode()))
        emulator.send_signal(number)
        assert emulator.stdout.read() == b"ended well\n"
        assert emulator.wait(20) == 0
