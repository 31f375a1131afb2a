"""`doctor --renders`: what it finds out about a bucket on a real S3 server, and that nothing of it stays there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from bucket import SECRET, Store, emptied
from helpers import SMALL, Ended, Make

from seedspec.run.bucket_check import bucket_findings
from seedspec.run.service.bucket_questions import deleting

URL = "s3://team/films/tea"
RULE = "<Rule><ID>{name}</ID><Status>{status}</Status><Filter><Prefix>{prefix}</Prefix></Filter>{does}</Rule>"


@pytest.fixture
def store(running: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    yield emptied(running, monkeypatch)
    running.faults.clear()
    running.client().delete_bucket_lifecycle(Bucket="team")


def verdicts(done: Ended, name: str = "renders") -> dict[str, tuple[str, str]]:
    rows = json.loads(done.out)["findings"]
    own = [r for r in rows if r["name"].startswith(f"{name} ")]
    return {r["name"].removeprefix(f"{name} "): (r["verdict"], r["said"]) for r in own}


@pytest.mark.parametrize("option", ["renders", "assets"])
def test_a_good_bucket_is_looked_at_and_left_as_it_was(option: str, project: Make, store: Store) -> None:
    done = project(SMALL).do("doctor", f"--{option}", URL, "--format", "json")
    assert done.code == 0, done.out + done.err
    found = verdicts(done, option)
    assert {name: verdict for name, (verdict, _) in found.items()} == dict.fromkeys(
        ["write", "read", "remove", "region", "clock", "lifecycle"], "ok"
    )
    assert found["region"][1] == "us-east-1" and not store.keys("team") and len(store.sent("PUT")) == 1
    assert SECRET not in done.out + done.err and "X-Amz" not in done.out + done.err


def test_without_a_bucket_none_is_looked_at(project: Make, store: Store) -> None:
    done = project(SMALL).do("doctor", "--format", "json")
    assert done.code == 0 and not verdicts(done) and not store.seen


def test_what_a_bucket_does_not_allow_is_bad(project: Make, store: Store) -> None:
    store.faults["PUT"] = "403"
    done = project(SMALL).do("doctor", "--renders", URL, "--format", "json")
    found = verdicts(done)
    assert done.code == 2 and found["write"] == ("bad", f"`{URL}` does not take these credentials: AccessDenied")
    assert "read" not in found and found["clock"][0] == "ok"


def test_what_cannot_be_removed_is_named(project: Make, store: Store) -> None:
    store.faults |= {"POST": "403", "DELETE": "403"}
    done = project(SMALL).do("doctor", "--renders", URL, "--format", "json")
    verdict, said = verdicts(done)["remove"]
    assert done.code == 0 and verdict == "warning" and "seedspec-probe-" in said and "is left there" in said


def test_rules_that_delete_are_told(project: Make, store: Store) -> None:
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": "films/"}, "Expiration": {"Days": 30}}
    store.client().put_bucket_lifecycle_configuration(Bucket="team", LifecycleConfiguration={"Rules": [rule]})
    done = project(SMALL).do("doctor", "--renders", URL, "--format", "json")
    assert done.code == 0
    assert verdicts(done)["lifecycle"] == (
        "warning", "`tidy` deletes files after 30 days: what is saved there is lost then"
    )  # fmt: skip


def test_whoever_may_not_ask_for_the_rules_is_told_so(project: Make, store: Store) -> None:
    store.faults["GET"] = "403"
    verdict, said = verdicts(project(SMALL).do("doctor", "--renders", URL, "--format", "json"))["lifecycle"]
    assert verdict == "warning" and "these credentials may not ask (HTTP 403)" in said


@pytest.mark.parametrize(("seconds", "verdict"), [(5, "ok"), (-120, "warning"), (1200, "bad")])
def test_clocks_that_differ_are_told(seconds: int, verdict: str, store: Store) -> None:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    found = {f.name: f for f in bucket_findings("renders", URL, local=True, environ={}, now=now)}
    assert found["renders clock"].verdict == verdict
    assert found["renders lifecycle"].verdict == "warning" and "no key" in found["renders lifecycle"].said


def test_what_is_no_bucket_is_one_finding(project: Make, store: Store) -> None:
    done = project(SMALL).do("doctor", "--renders", "s3://team/../x", "--format", "json")
    rows = [r for r in json.loads(done.out)["findings"] if r["name"].startswith("renders")]
    assert (
        done.code == 2 and [r["verdict"] for r in rows] == ["bad"] and "expected s3://BUCKET/PREFIX" in rows[0]["said"]
    )


@pytest.mark.parametrize(
    ("status", "prefix", "does", "many"),
    [
        ("Enabled", "", "<Expiration><Days>1</Days></Expiration>", 1),
        ("Enabled", "films/tea/x", "<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>", 1),
        ("Enabled", "other/", "<Expiration><Days>1</Days></Expiration>", 0),
        ("Disabled", "", "<Expiration><Days>1</Days></Expiration>", 0),
        ("Enabled", "", "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>", 0),
        ("Enabled", "", "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>", 0),
        ("Enabled", "", "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>", 0),
    ],
)  # fmt: skip
def test_which_rules_delete(status: str, prefix: str, does: str, many: int) -> None:
    rule = RULE.format(name="r", status=status, prefix=prefix, does=does)
    assert len(deleting(f"<X>{rule}</X>".encode(), "films/tea/")) == many
