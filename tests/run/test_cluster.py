"""`measure --executor`: a cluster's workers get signed addresses and give values; to kill one of them loses nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import takes
from bucket import Store, sha256

from seedspec.project.cluster import check_address
from seedspec.project.credentials import BadSettings

pytestmark = pytest.mark.slow

URL = "s3://team/films/tea"
BOARD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {{duration: 4, quality: 480p, takes: {takes}}}
references: {{cup: {{image: "https://cdn.example.com/cup.png"}}}}
shots: [{{id: open, prompt: "{{{{ ref('cup') }}}} secret words"}}]
"""
DASK = ("-m", "distributed.cli.dask_")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    takes.counting(path, 90, frames=96)
    return path.read_bytes()


def made(folder: Path, clip: bytes, number: int, store: Store | None) -> Path:
    """A storyboard of so many saved takes, whose videos are in the bucket alone where there is one."""
    board = folder / "storyboard.yaml"
    board.write_text(BOARD.format(takes=number), encoding="utf-8")

    def file(at: int) -> Path:
        own = folder / f"{at}.mp4"
        own.write_bytes(clip + b"\0\0\0\x08free" * (at + 1))
        return own

    takes.bought(board, file)
    if store is not None:
        for video in folder.glob("*.mp4"):
            data = video.read_bytes()
            store.client().put_object(Bucket="team", Key=f"films/tea/{sha256(data)}.mp4", Body=data)
            video.unlink()
        shutil.rmtree(folder / "renders")
    return board


@pytest.fixture
def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a team's configuration of Dask names, for this process and its children."""
    from distributed import Security

    found: Any = Security.temporary()
    files = {"ca": found.tls_ca_file, "cert": found.tls_client_cert, "key": found.tls_client_key}
    for name, text in files.items():
        (tmp_path / f"{name}.pem").write_text(text)
    ca, cert, key = (str(tmp_path / f"{name}.pem") for name in files)
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", ca)
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT", cert)
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY", key)
    return {"ca": ca, "cert": cert, "key": key}


@contextmanager
def scheduler(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler over TLS and its workers, as an administrator starts them: its address, and all processes."""
    file = folder / "scheduler.json"
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "EVOLINK_"))}
    words = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": plain, "cwd": folder}
    found: list[subprocess.Popen[bytes]] = []
    try:
        begin: Any = lambda *given: found.append(subprocess.Popen((sys.executable, *given), **words))  # type: ignore[call-overload] # noqa: E731
        begin(*DASK[:1], f"{DASK[1]}scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0",
              "--no-dashboard", "--scheduler-file", str(file))  # fmt: skip
        for _ in range(600):
            if file.exists() and file.read_text().endswith("}"):
                break
            threading.Event().wait(0.1)
        for _ in range(workers):
            begin(*DASK[:1], f"{DASK[1]}worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny",
                  "--no-dashboard", "--protocol", "tls", "--host", "127.0.0.1")  # fmt: skip
        yield json.loads(file.read_text())["address"], found
    finally:
        for process in found:
            process.kill()
            process.wait()


@contextmanager
def measuring(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = (sys.executable, "-m", "seedspec", "measure", *words)
    environ = {**os.environ, "EVOLINK_API_KEY": "sk-never-used"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, text=True, env=environ, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    with measuring(folder, *words) as process:
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err


def kept(folder: Path) -> dict[str, Any]:
    return {p.stem: json.loads(p.read_text())["values"] for p in (folder / ".seedspec" / "measures").glob("*.json")}


def test_a_killed_worker_loses_nothing(tmp_path: Path, clip: bytes, store: Store, certificates: dict[str, str]) -> None:
    board = made(tmp_path, clip, 8, store)
    lock = board.with_suffix(".lock").read_bytes()
    with scheduler(tmp_path, 2) as (address, processes):
        assert address.startswith("tls://127.0.0.1:")
        with measuring(tmp_path, "--executor", address, "--renders", URL) as process:
            assert process.stdout is not None and process.stderr is not None
            if not process.stdout.readline().startswith("[1/8]"):
                pytest.fail(process.stderr.read())
            processes[1].send_signal(signal.SIGKILL)
            out, err = process.communicate(timeout=240)
        assert (process.returncode, err.strip()) == (0, "8 measured"), out
    assert len(kept(tmp_path)) == 8 and all(values["black"] == 0 for values in kept(tmp_path).values())
    assert board.with_suffix(".lock").read_bytes() == lock and not list(tmp_path.glob("*.mp4"))
    assert not store.sent("POST") and len(set(store.sent("PUT"))) == 8  # those of this test
    assert run(tmp_path, "--executor", "tls://127.0.0.1:1", "--renders", URL)[0] == 0  # nothing is left to do


@pytest.mark.long
def test_a_killed_scheduler_leaves_a_rest_that_goes_on(
    tmp_path: Path, clip: bytes, store: Store, certificates: dict[str, str]
) -> None:
    board = made(tmp_path, clip, 48, store)
    lock = board.with_suffix(".lock").read_bytes()
    with scheduler(tmp_path, 2) as (address, processes), measuring(
        tmp_path, "--executor", address, "--renders", URL
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert [process.stdout.readline().partition("/")[0] for _ in range(5)] == [f"[{n}" for n in range(1, 6)]
        processes[0].send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=240)
    done = len(kept(tmp_path))
    assert process.returncode == 1 and 5 <= done < 48 and "Traceback" not in err
    assert "the cluster has gone; `seedspec measure` goes on where it was" in err
    with scheduler(tmp_path / "..", 2) as (address, _):
        code, _, err = run(tmp_path, "--executor", address, "--renders", URL)
    assert (code, err.strip()) == (0, f"{48 - done} measured, {done} measured before")
    assert len(kept(tmp_path)) == 48 and board.with_suffix(".lock").read_bytes() == lock
    assert not store.sent("POST")


@pytest.mark.long
def test_throughput_beside_the_pool(tmp_path: Path, clip: bytes) -> None:
    """Printed, not judged: what the same takes cost in processes of this machine, and in a cluster of it."""
    made(tmp_path, clip, 24, None)
    found = {}
    for name, words in {"pool": (), "dask": ("--executor", "dask")}.items():
        shutil.rmtree(tmp_path / ".seedspec", ignore_errors=True)
        begin = time.monotonic()
        code, _, err = run(tmp_path, "--workers", "2", *words)
        seconds = time.monotonic() - begin
        assert (code, err.strip()) == (0, "24 measured")
        found[name] = kept(tmp_path)
        print(f"{name}: 24 takes in {seconds:.1f} s with its start, {24 / seconds:.1f} a second")
    assert found["pool"] == found["dask"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ray", "expected dask, or tls://HOST:PORT"),
        ("http://127.0.0.1:8786", "expected dask, or tls://HOST:PORT"),
        ("tls://team", "expected dask, or tls://HOST:PORT"),
        ("tcp://10.0.0.5:8786", "expected tls://10.0.0.5:8786, with certificates"),
        ("tcp://127.0.0.1.example.com:8786", "expected tls://"),
        ("tcp://[::2]:8786", "expected tls://"),
    ],
)
def test_an_address_that_is_no_safe_one_is_refused(address: str, said: str) -> None:
    with pytest.raises(BadSettings, match=re.escape(said)):
        check_address(address)
    for fine in ("dask", "tls://10.0.0.5:8786", "tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"):
        check_address(fine)


def test_what_cannot_be_had_is_said(tmp_path: Path, clip: bytes, store: Store) -> None:
    made(tmp_path, clip, 1, store)
    code, _, err = run(tmp_path, "--executor", "tls://127.0.0.1:1")
    assert code == 2 and "its workers see no disk of this machine; name the bucket by --renders" in err
    code, _, err = run(tmp_path, "--executor", "tls://127.0.0.1:1", "--renders", URL)
    assert code == 2 and "certificates" in err and "Traceback" not in err
