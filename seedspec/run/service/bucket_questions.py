"""What `doctor` asks a bucket beyond what a run needs: its clock, its region, and its rules of deletion."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from seedspec.project.credentials import is_local
from seedspec.run.service.public_web import environment
from seedspec.text.value import valueclass
from seedspec.text.visible import one_line

_SECONDS, _MOST = 20.0, 200_000
_RULE = re.compile(r"<Rule>(.*?)</Rule>", re.DOTALL)
_DELETES = re.compile(r"<Expiration>\s*(?:<Days>\s*([0-9]{1,6})\s*</Days>|<Date>\s*([^<]{1,40})</Date>)")
_PREFIX = re.compile(r"<Prefix>([^<]*)</Prefix>")
_ID = re.compile(r"<ID>([^<]{0,255})</ID>")


@valueclass(frozen=True, slots=True)
class Answer:
    """What was answered to a signed address: `headers` by names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def clock(self) -> datetime | None:
        """The server's time of day, where it says one."""
        try:
            found = parsedate_to_datetime(self.headers["date"])
        except (KeyError, ValueError):
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def ask(url: str) -> Answer | None:
    """Opens a signed address as the service does; None where nobody answers. Nothing is followed elsewhere."""
    body = bytearray()
    try:
        with (
            environment() as trust,
            httpx.Client(verify=trust, timeout=_SECONDS, trust_env=not is_local(url)) as client,
            client.stream("GET", url) as answer,
        ):
            for piece in answer.iter_raw():
                body += piece
                if len(body) > _MOST:
                    break
            return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, bytes(body))
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
        return None


def region_of(signed: str) -> str:
    """The region that an address of S3 is signed for; "" for another cloud's."""
    scope = parse_qs(urlsplit(signed).query).get("X-Amz-Credential", [""])[0].split("/")
    return scope[2] if len(scope) == 5 else ""


def lifecycle_url(signed: str, key: str, secret: str, now: datetime) -> str:
    """The address that gives a bucket's rules, signed as `signed` is, which is the address of `key` in the bucket.

    By AWS Signature Version 4 in the query: obstore signs files alone.
    """
    parts, stamp = urlsplit(signed), now.strftime("%Y%m%dT%H%M%SZ")
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    access, _, region, *_ = given["X-Amz-Credential"].split("/")
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    asked = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{access}/{scope}", "X-Amz-Date": stamp,
        "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host", "lifecycle": "",
    }  # fmt: skip
    if token := given.get("X-Amz-Security-Token"):
        asked["X-Amz-Security-Token"] = token
    path = parts.path.removesuffix(quote(key))
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(asked.items()))
    request = f"GET\n{path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    made = f"AWS4{secret}".encode()
    for piece in (stamp[:8], region, "s3", "aws4_request", text):
        made = hmac.digest(made, piece.encode(), "sha256")
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={made.hex()}"


def deleting(rules: bytes, prefix: str) -> list[str]:
    """The rules of a bucket that delete files below a prefix, in words."""
    found = []
    for rule in _RULE.findall(rules.decode("utf-8", "replace")):
        when, where, name = _DELETES.search(rule), _PREFIX.search(rule), _ID.search(rule)
        of = where[1] if where else ""
        if when and "<Status>Enabled</Status>" in rule and (prefix.startswith(of) or of.startswith(prefix)):
            time = f"after {when[1]} days" if when[1] else f"on {when[2]}"
            found.append(one_line(f"`{name[1] if name else 'a rule'}` deletes files {time}", 200))
    return found
