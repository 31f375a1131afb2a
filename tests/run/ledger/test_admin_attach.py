"""A lock is attached to a shared ledger, joined by a second clone, and refused where that would not hold."""

from __future__ import annotations

import pytest
from bucket import ACCESS, SECRET
from bucket import Store as Bucket
from team import NOBODY, Make, make, opened, url

from seedspec.run.store.ledger import layout

URL = "s3://team/films"
__all__ = ["make", "url"]
pytestmark = pytest.mark.slow


def test_a_lock_is_attached_once_and_joined_by_a_clone(make: Make, url: str) -> None:
    one = make()
    one.keep("one/1", "saved")
    one.keep("two/1", "running")
    before = [r.values for r in one.lock]
    done = one.ledger("attach", url)
    assert done.code == 0, done.err
    assert one.lock.version == 2
    at = "postgresql" if url.startswith("postgres") else url
    assert one.lock.header == {"ledger": one.board, "at": at, "serial": 1}
    assert f"attached to the ledger {one.board}" in done.err and "2 purchases there, 2 of them new" in done.err
    assert [r.values for r in one.lock] == before
    assert "seedspec: attached" not in done.err

    written = one.path.read_bytes()
    again = one.ledger("attach", url)
    assert again.code == 0 and f"attached already to the ledger {one.board}" in again.err
    assert one.path.read_bytes() == written
    planned = one.do("plan")
    assert planned.code == 0 and "three/1" in planned.out, planned.err

    two = one.pulled("colleague")
    assert two.attach(url) == one.board
    status = two.ledger("status", "--format", "json")
    assert status.code == 0, "the address is known on this machine from then on"
    assert [(b["name"], b["purchases"]) for b in status.document["boards"]] == [("film", 2)]


def test_without_a_url_the_environment_says_where(make: Make, bucket: Bucket) -> None:
    one = make("elsewhere")
    assert one.ledger("attach").code == 2
    done = one.ledger("attach", str(one.folder / "storyboard.yaml"), SEEDSPEC_LEDGER="s3://team/of-variable")
    assert done.code == 0 and one.lock.header["at"] == "s3://team/of-variable"
    assert one.ledger("attach", "s3://team/a", "s3://team/b").code == 2


def test_what_both_bought_before_is_in_the_ledger_and_in_both_locks(make: Make, url: str) -> None:
    one = make()
    one.keep("one/1", "saved")
    one.attach(url)
    two = one.pulled("colleague")
    two.keep("two/1", "running")
    two.attach(url)
    assert {r.entry for r in two.lock} == {"one/1", "two/1"}
    done = one.ledger("attach", url)
    assert {r.entry for r in one.lock} == {"one/1", "two/1"} and "attached already" not in done.err


def test_a_clone_whose_lock_names_no_ledger_is_told_to_pull(make: Make, bucket: Bucket) -> None:
    one = make("pulled-late")
    two = one.pulled("colleague")
    one.attach(URL)
    refused = two.ledger("attach", URL)
    assert refused.code == 6 and one.board in refused.err and "say --new" in refused.err
    assert "pull the lock" in refused.err and not two.path.exists()
    assert two.attach(URL, "--new") != one.board
    assert two.ledger("attach", URL, "--new").code == 2, "--new for a lock that names a ledger"


def test_two_storyboards_have_a_ledger_each_and_one_team(make: Make, url: str) -> None:
    one, two = make("dawn"), make("noon")
    assert one.attach(url) != two.attach(url)
    shown = two.ledger("status", "--format", "json").document
    assert {b["name"] for b in shown["boards"]} == {"dawn", "noon"}
    assert shown["team"] == one.ledger("status", "--format", "json").document["team"]


def test_of_two_that_attach_at_the_same_moment_both_give_way(make: Make, bucket: Bucket) -> None:
    from seedspec.project.credentials import BadSettings
    from seedspec.run.ledger_admin.attach import give_way
    from seedspec.run.store.ledger.team import boards, make_board

    with opened("s3://team/moment") as store:
        one, two = make_board(store, "film"), make_board(store, "film")
        for own in (one, two):
            with pytest.raises(BadSettings) if own == one else pytest.MonkeyPatch.context():
                give_way(store, own, "film", set())
        assert [b.sealed for b in boards(store) if b.uuid == one] == [True]
        assert [b.sealed for b in boards(store) if b.uuid == two] == [False], "the first one is gone by then"


def test_a_store_that_ignores_conditions_is_refused(make: Make, bucket: Bucket) -> None:
    one = make("careless")
    bucket.faults["PUT"] = "careless"
    done = one.ledger("attach", "s3://team/careless")
    assert done.code == 2 and "cannot say who may buy: it ignores" in done.err
    assert not one.path.exists() and "careless/team.json" not in bucket.keys("team")


@pytest.mark.parametrize(
    ("environ", "fault", "code", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "", 5, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "", 5, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({}, "403", 5, "AccessDenied; the credentials are those of AWS_ACCESS_KEY_ID"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "", 7, f"`{URL}`"),
        ({"AWS_ENDPOINT_URL": "http://192.0.2.1:9000"}, "", 2, "goes to http://192.0.2.1:9000; expected https"),
    ],
)
def test_a_bucket_that_is_not_to_be_had(
    make: Make, bucket: Bucket, environ: dict[str, str], fault: str, code: int, said: str
) -> None:
    one = make("refused")
    if fault:
        bucket.faults["PUT"] = fault
    done = one.ledger("attach", URL, **environ, AWS_EC2_METADATA_DISABLED="true")
    assert done.code == code and said in done.err, done.err
    assert not one.path.exists() and ACCESS not in done.err and SECRET not in done.err


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("/postgres", "/nowhere"), 5, "database"),
        (("127.0.0.1", "192.0.2.1"), 7, "192.0.2.1"),
        (("/postgres", "/postgres?sslmode=disable&x=1"), 2, "expected one of"),
    ],
)
def test_a_database_that_is_not_to_be_had(
    make: Make, request: pytest.FixtureRequest, change: tuple[str, str], code: int, said: str
) -> None:
    one, url = make("refused"), str(request.getfixturevalue("database").url)
    if code == 7:
        url = url.replace(f":{request.getfixturevalue('database').port}", ":9")
        change, said = ("", ""), "127.0.0.1"
    done = one.ledger("attach", url.replace(*change) if change[0] else url, PGPASSWORD="hidden-Kx81")
    assert done.code == code and said in done.err, done.err
    assert not one.path.exists() and "hidden" not in done.err


@pytest.mark.parametrize("url", ["films", "https://example.com/x", "s3://team/../x", "s3://\x1b[31mteam", "s3://"])
def test_what_is_no_url_of_a_ledger(make: Make, bucket: Bucket, url: str) -> None:
    done = make("nowhere").ledger("attach", url)
    assert done.code == 2 and "expected s3://" in done.err


@pytest.mark.parametrize(
    "named",
    [
        {"ledger": "\x1b[2J", "at": "s3://team/films"},
        {"ledger": "../../x", "at": "s3://team/films"},
        {"ledger": NOBODY, "at": "http://127.0.0.1:9/\x1b[31m\ncatch"},
        {"ledger": NOBODY, "at": "postgresql://team:x@catch.example.com/db"},
    ],
)
def test_the_address_in_a_lock_is_never_contacted_and_no_control_character_is_shown(
    make: Make, bucket: Bucket, named: dict[str, str]
) -> None:
    one = make("hostile")
    one.keep("one/1", "saved")
    one.rename(**named, serial=1)
    bucket.seen.clear()
    for words in (("status",), ("budget",), ("verify",), ("detach",), ("rebuild",)):
        done = one.ledger(*words)
        assert done.code == 6, (words, done)
        assert "catch" not in done.err
    assert not bucket.seen
    done = one.ledger("attach", "s3://team/hostile")
    assert done.code == 6 and "catch" not in done.err, done.err
    assert one.lock.header["ledger"] == named["ledger"]


def test_another_ledger_behind_the_url(make: Make, bucket: Bucket) -> None:
    one, two = make("mine"), make("theirs")
    one.attach("s3://team/mine")
    two.attach("s3://team/theirs")
    team = two.ledger("status", "--format", "json").document["team"]
    for words in (("status",), ("budget",), ("detach", "--yes-detach", one.board)):
        done = one.ledger(*words, "--ledger", "s3://team/theirs")
        assert done.code == 6 and one.board in done.err and team in done.err, done
        assert "rebuild" in done.err and "attached to" in done.err
    empty = one.ledger("status", "--ledger", "s3://team/empty")
    assert empty.code == 6 and "no ledger at `s3://team/empty`" in empty.err, empty


def test_a_ledger_of_another_format_is_left_alone(make: Make, bucket: Bucket) -> None:
    one = make("future")
    one.attach("s3://team/future")
    with opened("s3://team/future") as store:
        data, tag = store.get(layout.TEAM) or (b"", "")
        assert store.replace(layout.TEAM, data.replace(b'"seedspec_ledger":1', b'"seedspec_ledger":2'), tag), (
            data,
            tag,
        )
    for words in (("status",), ("budget", "--usd", "1"), ("attach", "s3://team/future")):
        done = one.ledger(*words)
        assert done.code == 6 and "is of format 2; this seedspec reads 1" in done.err, done
    assert make("later").ledger("attach", "s3://team/future").code == 6
