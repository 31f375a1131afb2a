"""Signed addresses: what is their signature, and that nothing else of an address is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedspec.catalog.signed_url import SIGNATURES, bare, mask_signature, signature_of

SIGNED = [
    (
        "Amazon S3, version 4",
        "https://b.s3.amazonaws.com/hero.png",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t"
        "&X-Amz-Signature=deadbeef",
    ),
    (
        "Amazon S3, version 2",
        "https://b.s3.amazonaws.com/a.png",
        "AWSAccessKeyId=AKIA&Signature=vjby%2Bg%3D&Expires=1175139620",
    ),
    (
        "Amazon CloudFront",
        "https://d111.cloudfront.net/a.png",
        "Expires=1357034400&Signature=nitfHRCrtziwO2Hw&Key-Pair-Id=K2JCJM",
    ),
    ("Amazon CloudFront", "https://d111.cloudfront.net/a.png", "Policy=eyANCiAg&Signature=nit&Key-Pair-Id=K2JCJM"),
    (
        "Google Cloud Storage, version 4",
        "https://storage.googleapis.com/b/a.jpeg",
        "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=x%40y%2F20181026%2Fus%2Fstorage%2Fgoog4_request"
        "&X-Goog-Date=20181026T181309Z&X-Goog-Expires=900&X-Goog-SignedHeaders=host&X-Goog-Signature=247a2aa45f",
    ),
    (
        "Google Cloud Storage, version 2",
        "https://storage.googleapis.com/b/a.jpeg",
        "GoogleAccessId=x%40y.iam.gserviceaccount.com&Expires=1458238630&Signature=VVUgfq%2F",
    ),
    (
        "Azure Storage (SAS)",
        "https://a.blob.core.windows.net/c/a.png",
        "sp=r&st=2026-01-01T00:00:00Z&se=2026-01-02T00:00:00Z&spr=https&sv=2024-11-04&sr=b&sig=Q%3D",
    ),
    (
        "Azure Storage (SAS)",
        "https://a.blob.core.windows.net/c/a.png",
        "skoid=a&sktid=b&skt=c&ske=d&sks=b&skv=2024-11-04&sv=2024-11-04&se=e&sr=b&sp=r&sig=Q%3D",
    ),
    (
        "Alibaba Cloud OSS, version 4",
        "https://b.oss-cn-hangzhou.aliyuncs.com/a.png",
        "x-oss-additional-headers=host&x-oss-credential=LTAI%2F20241203&x-oss-date=20241203T034420Z"
        "&x-oss-expires=86400&x-oss-signature=70c542&x-oss-signature-version=OSS4-HMAC-SHA256",
    ),
    (
        "Alibaba Cloud OSS, version 1",
        "https://b.oss-cn-hangzhou.aliyuncs.com/a.png",
        "OSSAccessKeyId=LTAI&Expires=1141889120&Signature=vjby&security-token=t",
    ),
    (
        "Volcengine TOS",
        "https://b.tos-cn-beijing.volces.com/a.png",
        "X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Credential=ak%2F20220101%2Fcn-beijing%2Ftos%2Frequest"
        "&X-Tos-Date=20220101T000000Z&X-Tos-Expires=86400&X-Tos-SignedHeaders=host&X-Tos-Signature=ab"
        "&X-Tos-Security-Token=t",
    ),
    (
        "Tencent Cloud COS",
        "https://b-125.cos.ap-beijing.myqcloud.com/a.png",
        "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1557902800;1557910000&q-key-time=1557902800;1557910000"
        "&q-header-list=host&q-url-param-list=&q-signature=eb2519b4&x-cos-security-token=t",
    ),
    ("Huawei Cloud OBS", "https://b.obs.cn-north-4.myhuaweicloud.com/a.png", "AccessKeyId=H&Expires=15&Signature=sTE"),
]
CHOICES = [
    "versionId=3",
    "x-oss-process=image%2Fresize,w_200",
    "response-content-type=image/png",
    "w=",
    "size",
    "a=b=c",
]


@pytest.mark.parametrize(("name", "address", "query"), SIGNED)
def test_a_signature_is_known_and_taken_out(name: str, address: str, query: str) -> None:
    found = signature_of(f"{address}?{query}")
    assert found is not None
    assert found.name == name
    assert bare(f"{address}?{query}") == address
    assert bare(f"{address}?{query.upper()}#top") == f"{address}#top"


def test_every_signature_has_an_example_and_a_source() -> None:
    assert {s.name for s in SIGNATURES} == {name for name, _, _ in SIGNED}
    assert all(s.source.startswith("https://") and s.needs <= s.parts for s in SIGNATURES)


@given(st.sampled_from(SIGNED), st.lists(st.sampled_from(CHOICES), max_size=4, unique=True))
def test_what_chooses_the_content_stays_where_it_stands(signed: tuple[str, str, str], kept: list[str]) -> None:
    _, address, query = signed
    parts = [*query.split("&")]
    for n, choice in enumerate(kept):  # among the signature's own, in their order
        parts.insert((n * 7 + len(choice)) % (len(parts) + 1), choice)
    stays = [p for p in parts if p in kept]
    assert bare(f"{address}?{'&'.join(parts)}") == address + ("?" + "&".join(stays) if stays else "")


@pytest.mark.parametrize(
    "address",
    [
        "https://e.example/a.png",
        "https://e.example/a.png?",
        "https://e.example/a.png?&&a==b&",
        "https://e.example/a.png?Expires=1&Policy=x",
        "https://e.example/a.png?signature=of-a-painter",
        "https://e.example/a.png?sig=5",
        "https://e.example/a.png?se=1&sp=2&sv=3",
        "https://e.example/a.png#?X-Amz-Signature=x",
        "https://e.example/X-Amz-Signature=x",
    ],
)
def test_other_addresses_stay_as_they_are(address: str) -> None:
    assert bare(address) == address
    assert signature_of(address) is None


@given(st.text(alphabet="ab?&=#%;XxAa-mzSsigvntureEpK/", max_size=80))
def test_an_address_is_made_bare_once(text: str) -> None:
    assert bare(bare(f"https://e/{text}")) == bare(f"https://e/{text}")


def test_a_signature_is_shown_as_stars_of_its_length() -> None:
    line = '  hero: {image: "https://b/a?X-Amz-Signature=dead&sig=ab%3D#x", note: "sig=5 of 6"}'
    assert mask_signature(line) == '  hero: {image: "https://b/a?X-Amz-Signature=****&sig=*****#x", note: "sig=5 of 6"}'
