"""A small client of the Language Server Protocol, enough to ask yaml-language-server what an editor would."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SETTINGS = {
    "yaml": {
        "validate": True, "hover": True, "completion": True, "yamlVersion": "1.2", "schemaStore": {"enable": False},
        "schemas": {}, "format": {"enable": False},
    }
}  # fmt: skip
SECONDS = 30.0


class Server:
    """One server process. Files are named by their paths; lines and characters count from 0, as the protocol has it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._came: queue.Queue[dict[str, Any]] = queue.Queue()
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def begin(self, folder: Path) -> None:
        hover = {"contentFormat": ["markdown", "plaintext"]}
        item = {"completionItem": {"documentationFormat": ["markdown"]}}
        able = {"textDocument": {"hover": hover, "completion": item}, "workspace": {"configuration": True}}
        self.ask("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able})
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def diagnostics(self, file: Path, text: str | None = None) -> list[dict[str, Any]]:
        """What the server finds in a file, opened with its text or another one."""
        uri = file.as_uri()
        shown = file.read_text(encoding="utf-8") if text is None else text
        self._diagnostics.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": shown}
        self.tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self._diagnostics:
            self._take()
        return self._diagnostics[uri]

    def completion(self, file: Path, line: int, character: int) -> list[dict[str, Any]]:
        found = self.ask("textDocument/completion", self._at(file, line, character))
        items = found.get("items", []) if isinstance(found, dict) else found or []
        return list(items)

    def hover(self, file: Path, line: int, character: int) -> str:
        found = self.ask("textDocument/hover", self._at(file, line, character))
        contents = (found or {}).get("contents", "")
        return contents["value"] if isinstance(contents, dict) else str(contents)

    def close(self, file: Path) -> None:
        self.tell("textDocument/didClose", {"textDocument": {"uri": file.as_uri()}})

    def ask(self, method: str, parameters: object) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message.get("result")

    def tell(self, method: str, parameters: object) -> None:
        self._send({"method": method, "params": parameters})

    def _at(self, file: Path, line: int, character: int) -> dict[str, Any]:
        return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": character}}

    def _take(self) -> dict[str, Any]:
        message = self._came.get(timeout=SECONDS)
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method is not None and "id" in message:
            asked = message.get("params") or {}
            sections = [i.get("section", "") for i in asked.get("items", [])]
            answer = [SETTINGS.get(s) for s in sections] if method == "workspace/configuration" else None
            self._send({"id": message["id"], "result": answer})
        return message

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _listen(self) -> None:
        out = self._process.stdout
        assert out is not None
        while head := out.readline():
            length = 0
            while head not in (b"\r\n", b""):
                name, _, value = head.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                head = out.readline()
            self._came.put(json.loads(out.read(length)))


@contextmanager
def serving(command: Sequence[str | Path], folder: Path) -> Iterator[Server]:
    process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        server = Server(process)
        server.begin(folder)
        yield server
    finally:
        process.kill()
        process.wait()
