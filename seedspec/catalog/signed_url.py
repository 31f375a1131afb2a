"""Signed addresses: which parameters of a URL are its signature, by the clouds' own pages; the rest names the medium.

A signature comes to an end and opens a file to whoever reads it, so it is no part of what a medium is.
"""

from __future__ import annotations

import re
from typing import Any

from seedspec.text import later
from seedspec.text.value import valueclass


@valueclass(frozen=True, slots=True)
class Signature:
    """One way to sign an address. All of `needs` are there in one that is signed so; `parts` are what may be there
    besides. Letter case does not count. `source` is the cloud's page about it, `as_of` the day of this entry.
    """

    name: str
    needs: frozenset[str]
    parts: frozenset[str]
    source: str
    as_of: str


def _signature(name: str, needs: str, parts: str, source: str, as_of: str = "2026-11-28") -> Signature:
    return Signature(name, frozenset(needs.split()), frozenset(f"{needs} {parts}".split()), source, as_of)


SIGNATURES = (
    _signature(
        "Amazon S3, version 4",
        "x-amz-signature",
        "x-amz-algorithm x-amz-credential x-amz-date x-amz-expires x-amz-signedheaders x-amz-security-token"
        " x-amz-content-sha256 x-amz-region-set",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
    ),
    _signature(
        "Amazon S3, version 2",
        "awsaccesskeyid signature",
        "expires x-amz-security-token",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html",
    ),
    _signature(
        "Amazon CloudFront",
        "key-pair-id signature",
        "expires policy hash-algorithm",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html",
    ),
    _signature(
        "Google Cloud Storage, version 4",
        "x-goog-signature",
        "x-goog-algorithm x-goog-credential x-goog-date x-goog-expires x-goog-signedheaders x-goog-security-token"
        " x-goog-content-sha256",
        "https://cloud.google.com/storage/docs/authentication/signatures",
    ),
    _signature(
        "Google Cloud Storage, version 2",
        "googleaccessid signature",
        "expires",
        "https://cloud.google.com/storage/docs/access-control/signed-urls-v2",
    ),
    _signature(
        "Azure Storage (SAS)",
        "sig sv",
        "se st sp sr sip spr si ss srt ses sdd skoid sktid skt ske sks skv saoid suoid scid sduoid skdutid",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
    ),
    _signature(
        "Alibaba Cloud OSS, version 4",
        "x-oss-signature",
        "x-oss-signature-version x-oss-credential x-oss-access-key-id x-oss-date x-oss-expires"
        " x-oss-additional-headers x-oss-security-token",
        "https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls",
    ),
    _signature(
        "Alibaba Cloud OSS, version 1",
        "ossaccesskeyid signature",
        "expires security-token",
        "https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls",
    ),
    _signature(
        "Volcengine TOS",
        "x-tos-signature",
        "x-tos-algorithm x-tos-credential x-tos-date x-tos-expires x-tos-signedheaders x-tos-signedqueries"
        " x-tos-policy x-tos-security-token x-tos-content-sha256",
        "https://www.volcengine.com/docs/6349/129226",
    ),
    _signature(
        "Tencent Cloud COS",
        "q-signature",
        "q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list x-cos-security-token",
        "https://www.tencentcloud.com/document/product/436/7778",
    ),
    _signature(
        "Huawei Cloud OBS",
        "accesskeyid signature",
        "expires x-obs-security-token",
        "https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0011.html",
    ),
)
"""Every signature that is known. What chooses the content, as `versionId` or `x-oss-process`, is a part of none."""

_SECRET = later.pattern(r"([?&](?:[a-z-]*signature|sig|[a-z-]*security-token)=)([^&#\s\"'<>`]+)", re.IGNORECASE)

_PASSWORD = later.pattern(r"(://[^\s/:@\"'<>`]*:)([^\s/@\"'<>`]+)(?=@)")


def signature_of(url: str) -> Signature | None:
    """How an address is signed; None for one that is not, or in no way that is known."""
    if "?" not in url:
        return None
    names = frozenset(_name(part) for part in _parts(url)[1])
    return next((s for s in SIGNATURES if s.needs <= names), None)


def bare(url: str) -> str:
    """An address without the parameters of its signature; any other as it is, to the byte.

    One that is signed twice, as a store behind a network of caches can be, loses both.
    """
    while (found := signature_of(url)) is not None:
        head, query, fragment = _parts(url)
        kept = "&".join(part for part in query if _name(part) not in found.parts)
        url = f"{head}?{kept}{fragment}" if kept else f"{head}{fragment}"
    return url


def mask_signature(line: str) -> str:
    """A line of a storyboard as others may see it: signatures and passwords as stars, each as long as it is."""
    for mark, secret in (("=", _SECRET), ("@", _PASSWORD)):
        if mark in line:
            line = secret.sub(lambda found: found[1] + "*" * len(found[2]), line)
    return line


def bare_request(request: Any) -> Any:
    """The request of a manifest with the address of each medium bare, in lists and alone: itself if none is signed."""
    if not isinstance(request, dict):
        return request
    changed = {name: now for name, value in request.items() if name != "prompt" and (now := _bare(value)) != value}
    return {**request, **changed} if changed else request


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [bare(i) if isinstance(i, str) else i for i in value]
    return bare(value) if isinstance(value, str) and value.lower().startswith(("http://", "https://")) else value


def _parts(url: str) -> tuple[str, list[str], str]:
    """What stands before the query, its parameters as they are written, and the fragment with its `#`."""
    whole, sharp, fragment = url.partition("#")
    head, _, query = whole.partition("?")
    return head, query.split("&"), sharp + fragment


def _name(part: str) -> str:
    return part.partition("=")[0].lower()
