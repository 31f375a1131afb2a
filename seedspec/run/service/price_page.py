"""The vendor's public document of prices: one GET without the key, bounded in size and time, without redirects."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from seedspec import __version__
from seedspec.project.credentials import is_loopback
from seedspec.run.service.public_web import Unreachable, describe_error, environment

MOST = 4 * 1024 * 1024
SECONDS = 30.0


def read_document(url: str) -> Any:
    """The JSON at an address. Raises Unreachable, and BadSettings for an environment that no client can be made in."""
    local = is_loopback(urlsplit(url).hostname or "")
    end, body = time.monotonic() + SECONDS, bytearray()
    with environment() as trust:
        client = httpx.Client(
            headers={"User-Agent": f"seedspec/{__version__}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(SECONDS, connect=10.0), follow_redirects=False, verify=trust, trust_env=not local,
        )  # fmt: skip
    try:
        with client, client.stream("GET", url) as response:
            if response.is_redirect:
                raise Unreachable("it leads to another address, which is not followed")
            if response.status_code != 200:
                raise Unreachable(f"its server answers HTTP {response.status_code}")
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MOST:
                    raise Unreachable(f"it has more than {MOST:,} bytes, so it is not read")
                if time.monotonic() > end:
                    raise Unreachable(f"it did not come within {SECONDS:g} s")
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Unreachable(f"its server cannot be reached: {describe_error(error)}") from None
    try:
        return orjson.loads(body)
    except ValueError:
        raise Unreachable("it is no JSON") from None
