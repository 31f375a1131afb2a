"""A server before another one, on loopback: with TLS, which clients of vendors ask for, or with a path of its own."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import trustme


class _Front(ThreadingHTTPServer):
    daemon_threads = True
    behind: httpx.Client
    more: Mapping[str, str]
    prefix: str
    asked: list[tuple[str, str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        front = self.server
        assert isinstance(front, _Front)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        front.asked.append((self.command, self.path, body))
        own = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "accept-encoding")}
        answer = front.behind.request(
            self.command, front.prefix + self.path, content=body, headers={**own, **front.more}
        )
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


Asked = list[tuple[str, str, bytes]]


@contextmanager
def tls_front(behind: str, folder: Path) -> Iterator[tuple[str, Path, Asked]]:
    """Its host and port, the file of the authority that signed it, and what it was asked: methods, paths and bodies."""
    authority = trustme.CA()
    bundle = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with plain_front(behind, {"X-Forwarded-Proto": "https"}, tls=context) as (host, asked):
        yield host, bundle, asked


@contextmanager
def plain_front(
    behind: str, more: Mapping[str, str], prefix: str = "", tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, Asked]]:
    """The same without TLS: requests go on with `more` headers, to their path below a prefix."""
    front = _Front(("127.0.0.1", 0), _Handler)
    front.more, front.prefix, front.asked = more, prefix, []
    if tls is not None:
        front.socket = tls.wrap_socket(front.socket, server_side=True)
    with httpx.Client(base_url=behind, trust_env=False, timeout=30) as front.behind:
        thread = threading.Thread(target=front.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{front.server_address[1]}", front.asked
        finally:
            front.shutdown()
            front.server_close()
            thread.join()
