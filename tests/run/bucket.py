"""An S3 server on loopback: moto's, behind a door that checks every signature by the rules of Amazon's own library."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import boto3
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCESS, SECRET, REGION = "AKIATESTTESTTEST", "bucket-secret-Qz81mVx7", "us-east-1"
_CODES = {"403": "AccessDenied", "409": "ConditionalRequestConflict", "500": "InternalError", "503": "SlowDown"}
_HEADER = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})")


@dataclass
class Store:
    """A running server: where it is, and the requests that it saw, as `METHOD path`.

    What stands in `between` is done once, when the next part of a file has come, before it is answered. `faults` say
    by method how it fails from now on: a status such as 503, `cut` before an answer, `lost` after it was carried out,
    `500 after` it was, `slow`, `frozen` until `thaw` is set, and `careless`: it keeps no conditions. `chance` says so
    for one request, by method and path.
    """

    origin: str
    seen: list[str] = field(default_factory=list)
    between: list[Callable[[], None]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    thaw: threading.Event = field(default_factory=threading.Event)
    chance: Callable[[str, str], str] = lambda method, path: ""

    @property
    def environ(self) -> dict[str, str]:
        """What a user sets for it."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.origin,
        }

    def client(self) -> Any:
        given = {"aws_access_key_id": ACCESS, "aws_secret_access_key": SECRET, "region_name": REGION}
        return boto3.client("s3", endpoint_url=self.origin, config=Config(proxies={}), **given)

    def keys(self, bucket: str) -> dict[str, int]:
        """The files in a bucket, with their sizes."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def sent(self, method: str) -> list[str]:
        return [line for line in self.seen if line.startswith(f"{method} ")]


class Guard:
    """Lets through what is signed with the one key that there is, and not too old; everything else is a 403."""

    def __init__(self, inner: Any, store: Store) -> None:
        self._inner, self._store, self._writing = inner, store, threading.Lock()

    def _write(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """One after the other: moto looks at a condition and writes, and does not do both at once as S3 does."""
        with self._writing if environ["REQUEST_METHOD"] == "PUT" else nullcontext():
            return list(self._inner(environ, start))

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["RAW_URI"].partition("?")[0]
        self._store.seen.append(f"{method} {path}")
        fault = self._store.faults.get(method, "") or self._store.chance(method, path)
        if fault == "slow":
            threading.Event().wait(0.3)
        elif fault == "frozen":
            self._store.thaw.wait(60)
        elif fault == "careless":
            environ = {n: v for n, v in environ.items() if n not in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")}
            return self._write(environ, start)  # its signature covers what was taken out
        elif fault in ("cut", "lost"):
            if fault == "lost":
                self._write(environ, lambda *_: None)
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        elif fault:
            if fault.endswith(" after"):
                self._write(environ, lambda *_: None)
            fault = fault.removesuffix(" after")
            body = b"<Error><Code>%s</Code><Message>no</Message></Error>" % _CODES[fault].encode()
            start(f"{fault} No", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [b"" if method == "HEAD" else body]
        if (wrong := self._wrong(environ)) is not None:
            body = f"<Error><Code>{wrong}</Code><Message>no</Message></Error>".encode()
            start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
            return [b"" if method == "HEAD" else body]
        if method == "PUT" and self._store.between:
            self._store.between.pop()()
        return self._write(environ, start)

    def _wrong(self, environ: dict[str, Any]) -> str | None:
        headers = {n[5:].replace("_", "-").lower(): v for n, v in environ.items() if n.startswith("HTTP_")}
        headers |= {"content-type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {}
        headers |= {"content-length": environ["CONTENT_LENGTH"]} if environ.get("CONTENT_LENGTH") else {}
        raw, _, query = environ["RAW_URI"].partition("?")
        fields = dict(parse_qsl(query, keep_blank_values=True))
        given = fields.pop("X-Amz-Signature", None)
        header = _HEADER.fullmatch(headers.get("authorization", ""))
        if given is not None:
            key, _, scope = fields["X-Amz-Credential"].partition("/")
            names, stamp = fields["X-Amz-SignedHeaders"].split(";"), fields["X-Amz-Date"]
            kind: Any = S3SigV4QueryAuth
        elif header is not None:
            key, scope, names, given = header[1], header[2], header[3].split(";"), header[4]
            stamp, kind = headers["x-amz-date"], S3SigV4Auth
        else:
            return "AccessDenied"
        if key != ACCESS:
            return "InvalidAccessKeyId"
        url = f"http://{headers['host']}{raw}" + (f"?{urlencode(fields)}" if fields else "")
        request = AWSRequest(environ["REQUEST_METHOD"], url, {n: headers[n] for n in names if n in headers})
        request.context["timestamp"] = stamp
        rules = kind(Credentials(ACCESS, SECRET), "s3", scope.split("/")[1])
        signed = rules.string_to_sign(request, rules.canonical_request(request))
        if rules.signature(signed, request) != given:
            return "SignatureDoesNotMatch"
        made = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        life = int(fields.get("X-Amz-Expires", 900))
        if life > 7 * 86400:
            return "AuthorizationQueryParametersError"
        return "AccessDenied" if datetime.now(UTC) > made + timedelta(seconds=life) else None


@contextmanager
def serving(*buckets: str) -> Iterator[Store]:
    """A server with buckets, for as long as the block lasts."""
    store = Store("")
    inner = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, Guard(inner, store), threaded=True)
    server.log = lambda *_: None  # type: ignore[method-assign]
    handler = server.RequestHandlerClass
    handler.log = lambda *_: None  # type: ignore[method-assign,assignment]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        store.origin = f"http://127.0.0.1:{server.server_port}"
        for bucket in buckets:
            store.client().create_bucket(Bucket=bucket)
        store.seen.clear()
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def emptied(running: Store, monkeypatch: pytest.MonkeyPatch, bucket: str = "team") -> Store:
    """A server as it was at first, with a user's environment set for it."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "SEEDSPEC_")):
            monkeypatch.delenv(name)
    for name, value in running.environ.items():
        monkeypatch.setenv(name, value)
    running.faults.clear()
    running.chance = lambda method, path: ""
    for key in running.keys(bucket):
        running.client().delete_object(Bucket=bucket, Key=key)
    running.seen.clear()
    return running


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
