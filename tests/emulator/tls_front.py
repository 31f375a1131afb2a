"""A server with TLS before one without, on loopback: clients of vendors take no plain address."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import trustme


class _Front(ThreadingHTTPServer):
    daemon_threads = True
    behind: httpx.Client
    asked: list[tuple[str, str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        front = self.server
        assert isinstance(front, _Front)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        front.asked.append((self.command, self.path, body))
        own = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "accept-encoding")}
        headers = {**own, "X-Forwarded-Proto": "https"}
        answer = front.behind.request(self.command, self.path, content=body, headers=headers)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def tls_front(behind: str, folder: Path) -> Iterator[tuple[str, Path, list[tuple[str, str, bytes]]]]:
    """Its host and port, the file of the authority that signed it, and what it was asked: methods, paths and bodies."""
    authority = trustme.CA()
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    front = _Front(("127.0.0.1", 0), _Handler)
    front.socket = context.wrap_socket(front.socket, server_side=True)
    front.asked = []
    with httpx.Client(base_url=behind, trust_env=False, timeout=30) as front.behind:
        thread = threading.Thread(target=front.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{front.server_address[1]}", bundle, front.asked
        finally:
            front.shutdown()
            front.server_close()
            thread.join()
