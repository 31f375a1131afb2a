"""Whether a bucket is fit for `--renders` or `--assets`: a small file is put there, read and removed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from seedspec.project.credentials import BadSettings
from seedspec.run.doctor import Finding
from seedspec.run.service.bucket import open_bucket
from seedspec.run.service.bucket_questions import Answer, ask, deleting, lifecycle_url, region_of
from seedspec.run.store.objects import Objects, Small

_WORDS = b"seedspec doctor was here; this file may be deleted\n"
_SKEW, _WORST = 30.0, 600.0
"""Seconds between two clocks that are worth a word, and those that are bad: S3 refuses from 15 minutes on."""


def bucket_findings(
    name: str, url: str, *, local: bool, environ: Mapping[str, str], now: datetime
) -> Iterator[Finding]:
    """Everything that is looked at of the bucket of an option, `renders` or `assets`. Nothing stays there."""
    try:
        objects = open_bucket(url, f"--{name}", local=local)
    except BadSettings as error:
        yield Finding(f"{name} bucket", "bad", str(error))
        return
    key = f"seedspec-probe-{secrets.token_hex(8)}"
    written = _try(objects, lambda: objects.create(key, Small(_WORDS, "text/plain")))
    yield Finding(f"{name} write", "bad" if written else "ok", written or f"`{url}` can be written")
    address = objects.sign_now(key, timedelta(minutes=5))
    answer = ask(address)
    if not written:
        yield _reading(name, objects, answer)
        left = _try(objects, lambda: objects.remove(key))
        said = f"`{key}` is left there, for it may not be deleted ({left})" if left else "what was put there is removed"
        yield Finding(f"{name} remove", "warning" if left else "ok", said)
    yield from _place(name, objects, address, answer)
    yield _clocks(name, answer, now)
    yield _rules(name, objects, address, key, environ, now)


def _try(objects: Objects, make: Callable[[], Awaitable[object]]) -> str:
    """Why something could not be done; "" when it was."""

    async def work() -> None:
        async with asyncio.timeout(60):
            await make()

    try:
        asyncio.run(work())
    except TimeoutError:
        return f"`{objects.url}` did not answer in time"
    except Exception as error:
        return objects.trouble(error).reason
    return ""


def _reading(name: str, objects: Objects, answer: Answer | None) -> Finding:
    if answer is not None and answer.status == 200 and answer.body == _WORDS:
        return Finding(f"{name} read", "ok", "a signed address is good, as the service and browsers open it")
    got = "nobody answered" if answer is None else f"HTTP {answer.status}"
    return Finding(f"{name} read", "bad", f"a signed address of `{objects.url}` does not give the file: {got}")


def _place(name: str, objects: Objects, address: str, answer: Answer | None) -> Iterator[Finding]:
    if not (asked := region_of(address)):
        return
    is_in = answer.headers.get("x-amz-bucket-region", asked) if answer is not None else asked
    if is_in != asked:
        yield Finding(f"{name} region", "bad", f"`{objects.bucket}` is in {is_in}, not in {asked}: set AWS_REGION")
    else:
        yield Finding(f"{name} region", "ok", asked)


def _clocks(name: str, answer: Answer | None, now: datetime) -> Finding:
    there = answer.clock if answer is not None else None
    if there is None:
        return Finding(f"{name} clock", "warning", "the bucket does not say what time it has")
    apart = abs((there - now).total_seconds())
    verdict: Literal["ok", "warning", "bad"] = "bad" if apart > _WORST else "warning" if apart > _SKEW else "ok"
    advice = "" if verdict == "ok" else ": set this machine's clock right, for signed requests are refused otherwise"
    return Finding(f"{name} clock", verdict, f"{apart:.0f} s between the bucket's clock and this one{advice}")


def _rules(name: str, objects: Objects, address: str, key: str, environ: Mapping[str, str], now: datetime) -> Finding:
    """Rules that would delete what is put there. Only S3 is asked, with a key of the environment."""
    title, look = f"{name} lifecycle", "see there that no rule deletes what is below the prefix"
    secret = environ.get("AWS_SECRET_ACCESS_KEY", "")
    if objects.scheme != "s3" or not secret:
        why = "no key stands in the environment" if objects.scheme == "s3" else f"{objects.scheme}:// is not asked"
        return Finding(title, "warning", f"not known, for {why}: {look}")
    answer = ask(lifecycle_url(address, objects.key(key), secret, now))
    if answer is not None and answer.status == 404:
        return Finding(title, "ok", "no rule deletes files there")
    if answer is None or answer.status != 200:
        got = "nobody answered" if answer is None else f"HTTP {answer.status}"
        return Finding(title, "warning", f"not known, for these credentials may not ask ({got}): {look}")
    if found := deleting(answer.body, objects.key("")):
        return Finding(title, "warning", f"{'; '.join(found)}: what is saved there is lost then")
    return Finding(title, "ok", "no rule deletes files there")
