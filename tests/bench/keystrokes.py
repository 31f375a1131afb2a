"""Times keystrokes in the language server: a storyboard of 1,000 entries, typed in as an editor does it.

    python tests/bench/keystrokes.py [--strokes 10000] [--rounds 20]

It prints how long the findings of a keystroke take from the change to the answer, beside a check in the same process,
and the memory of the server over many keystrokes. Nothing here fails a build.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from boards import board

from seedspec import api


class Client:
    """An editor that reads one message after the other."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "seedspec", "language-server"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def read(self) -> Any:
        out = self.process.stdout
        assert out is not None
        length = 0
        while (line := out.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(out.read(length))

    def findings(self, version: int) -> Any:
        """Waits for the findings of a version."""
        while True:
            message = self.read()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["version"] == version:
                return message["params"]["diagnostics"]

    def memory(self) -> float:
        """The server's resident memory in MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Times keystrokes in the language server.")
    parser.add_argument("--strokes", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=90.0, help="the many keystrokes end after so long")
    given = parser.parse_args()
    text = board(5, 200)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "storyboard.yaml"
        file.write_text(text, encoding="utf-8")
        checks = [_timed(lambda: api.check(file)) for _ in range(given.rounds + 1)][1:]
        client, uri = Client(), file.as_uri()
        client.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
        client.read()
        client.send("initialized", {})
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        client.send("textDocument/didOpen", {"textDocument": document})
        client.findings(1)
        version = 1

        def type_(letters: str) -> None:
            nonlocal version
            version += 1
            changes = [{"text": text.replace("readable", f"readable {letters}", 1)}]
            name = {"uri": uri, "version": version}
            client.send("textDocument/didChange", {"textDocument": name, "contentChanges": changes})

        def rested(letters: str) -> float:
            """A keystroke as a person types it: a fifth of a second after the answer to the last one."""
            time.sleep(max(0.2, 1.5 * statistics.median(checks)))
            return _timed(lambda: answered(letters))

        def answered(letters: str) -> None:
            type_(letters)
            client.findings(version)

        strokes = [rested("x" * (n % 30 + 1)) for n in range(given.rounds)]
        check, stroke = statistics.median(checks) * 1000, statistics.median(strokes) * 1000
        print(f"check in process {check:.0f} ms; a keystroke {stroke:.0f} ms, {stroke / check:.2f} times of it")
        begin, typed, every = time.perf_counter(), 0, max(1, given.strokes // 10)
        print(f"after {typed:6,} keystrokes {client.memory():6.1f} MB", flush=True)
        while typed < given.strokes and time.perf_counter() - begin < given.seconds:
            for _ in range(every // 50 or 1):  # a burst, of which the last one is waited for
                for n in range(49):
                    type_("y" * (n % 40 + 1))
                answered("z" * (typed % 40 + 1))
                typed += 50
            print(f"after {typed:6,} keystrokes {client.memory():6.1f} MB", flush=True)
        client.process.kill()


def _timed(run: Any) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
