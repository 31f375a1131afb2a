"""Microsoft's own stand-in for Azure's storage, on loopback; installed by --long alone."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVER = "azurite@3.37.0"
ACCOUNT = "devstoreaccount1"
KEY = base64.b64encode(b"a key that only this test knows, of 64 bytes, as it is expected.").decode()


def opened(request: str | urllib.request.Request) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return bytes(answer.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(tools: Path) -> Iterator[str]:
    """Its origin, with a container `team` in it."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here")
    port = free_port()
    install = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(tools), SERVER]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    program = tools / "node_modules" / ".bin" / "azurite-blob"
    options = [
        "--location",
        str(tools / "data"),
        "--blobPort",
        str(port),
        "--skipApiVersionCheck",
        "--disableTelemetry",
    ]
    environ = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
    with subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "listens" in line:
                break
        origin = f"http://127.0.0.1:{port}/{ACCOUNT}"
        date = email.utils.formatdate(usegmt=True)
        lines = ["PUT", *[""] * 11, f"x-ms-date:{date}", "x-ms-version:2021-08-06", f"/{ACCOUNT}/{ACCOUNT}/team"]
        signed = "\n".join([*lines, "restype:container"])
        signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), signed.encode(), hashlib.sha256)).decode()
        headers = {"x-ms-date": date, "x-ms-version": "2021-08-06", "Authorization": f"SharedKey {ACCOUNT}:{signature}"}
        opened(urllib.request.Request(f"{origin}/team?restype=container", method="PUT", headers=headers))
        yield origin
        process.terminate()
