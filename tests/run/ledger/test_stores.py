"""What the ledger relies on, on each store: the protocol of `store.py`, word for word."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from bucket import Store as Bucket
from memory import Memory, Open

from seedspec.run.store.ledger import bucket as buckets
from seedspec.run.store.ledger.connect import connect
from seedspec.run.store.ledger.store import Store, StoreRefuses, Unreachable, keeps_conditions, same_tag


def test_what_is_put_is_read(store: Store) -> None:
    assert store.get("a/b.json") is None
    tag = store.create("a/b.json", b"one \x00\xff")
    assert tag is not None and store.get("a/b.json") == (b"one \x00\xff", tag)


def test_a_name_is_created_once(store: Store) -> None:
    first = store.create("name", b"1")
    assert first is not None and store.create("name", b"2") is None and store.create("name", b"1") is None
    assert store.get("name") == (b"1", first)


def test_only_what_was_seen_is_replaced(store: Store) -> None:
    first = store.create("name", b"1")
    assert first is not None
    second = store.replace("name", b"2", first)
    assert second is not None and second != first and store.get("name") == (b"2", second)
    assert store.replace("name", b"3", first) is None and store.get("name") == (b"2", second)
    assert store.replace("other", b"1", second) is None and store.get("other") is None


def test_a_listing_has_names_tags_and_times(store: Store) -> None:
    names = ["a/1", "a/10", "a/2", "a/B", "a/b", "a/c/d", "ab", "b/1"]
    tags = {name: store.create(name, name.encode()) for name in reversed(names)}
    found = list(store.list("a/"))
    assert [f.key for f in found] == ["a/1", "a/10", "a/2", "a/B", "a/b", "a/c/d"]
    assert all(same_tag(f.tag, str(tags[f.key])) for f in found)
    assert max(f.written for f in found) - min(f.written for f in found) < 60
    assert list(store.list("nothing/")) == []


def test_a_tag_changes_with_the_bytes(store: Store) -> None:
    tag = store.create("a/x", b"1")
    (before,) = store.list("a/")
    assert tag is not None and (second := store.replace("a/x", b"2", tag)) is not None
    (after,) = store.list("a/")
    assert not same_tag(before.tag, second) and same_tag(after.tag, second) and after.written >= before.written


def test_many_are_read_at_once(store: Store) -> None:
    for number in range(40):
        store.create(f"many/{number}", str(number).encode())
    found = {key: data for key, data, _ in store.get_all([f"many/{n}" for n in range(50)])}
    assert found == {f"many/{n}": str(n).encode() for n in range(40)}
    assert list(store.get_all([])) == []


def test_one_of_many_creates_a_name(opened: Open) -> None:
    """Also the first name of all, for which a database needs a table first."""
    stores = [opened() for _ in range(4)]

    def create(number: int) -> bool:
        return stores[number % 4].create(f"race/{number // 16}", str(number).encode()) is not None

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(create, range(80)))
    assert [sum(won[i : i + 16]) for i in range(0, 80, 16)] == [1] * 5


def test_one_of_many_replaces_what_was_seen(opened: Open) -> None:
    stores = [opened() for _ in range(4)]
    tag = stores[0].create("race", b"seen")
    assert tag is not None
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda n: stores[n % 4].replace("race", str(n).encode(), tag) is not None, range(16)))
    assert sum(won) == 1


def test_a_store_that_keeps_its_word_passes(store: Store) -> None:
    assert keeps_conditions(store) == "" and keeps_conditions(store) == ""


class Careless(Memory):
    """Writes whatever the condition says."""

    ignores = ""

    def create(self, key: str, *data: bytes) -> str | None:
        if self.ignores == "create" and (found := self.get(key)) is not None:
            return super().replace(key, b"".join(data), found[1])
        return super().create(key, *data)

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        found = self.get(key)
        if self.ignores == "replace" and found is not None:
            return super().replace(key, data, found[1])
        if self.ignores == "refuses" and found is not None and found[1] != tag:
            super().replace(key, data, found[1])
            return None
        return None if self.ignores == "always" else super().replace(key, data, tag)


@pytest.mark.parametrize(
    ("ignores", "word"),
    [("create", "If-None-Match"), ("replace", "If-Match"), ("refuses", "If-Match"), ("always", "If-Match")],
)
def test_a_store_that_ignores_a_condition_is_found(ignores: str, word: str) -> None:
    store = Careless()
    store.ignores = ignores
    assert word in keeps_conditions(store)


def test_a_bucket_that_ignores_conditions_is_found(bucket: Bucket) -> None:
    bucket.faults["PUT"] = "careless"
    assert "If-None-Match" in keeps_conditions(connect("s3://team/careless", "--ledger", local=True))


# Faults of a bucket: each by what it does to the first answers, and what the store says then.


def every(fault: str, times: int, method: str = "PUT") -> Callable[[str, str], str]:
    """The first requests of a method fail."""
    left, guard = [times], threading.Lock()

    def chance(asked: str, path: str) -> str:
        with guard:
            if asked != method or not left[0]:
                return ""
            left[0] -= 1
            return fault

    return chance


@pytest.mark.parametrize("fault", ["lost", "500 after"])
def test_an_own_success_may_come_back_as_taken(bucket: Bucket, fault: str) -> None:
    store = connect(f"s3://team/lost-{fault[:3]}", "--ledger", local=True)
    bucket.chance = every(fault, 1)
    tag = store.create("name", b"mine")
    found = store.get("name")
    assert found is not None and found[0] == b"mine"  # it is there, whatever the answer was
    assert tag in (None, found[1])
    bucket.chance = every(fault, 1)
    tag = store.replace("name", b"mine too", found[1])
    assert (again := store.get("name")) is not None and again[0] == b"mine too" and tag in (None, again[1])


def test_a_conflict_says_taken_and_nothing_is_there(bucket: Bucket) -> None:
    store = connect("s3://team/conflict", "--ledger", local=True)
    bucket.chance = every("409", 1)
    assert store.create("name", b"mine") is None and store.get("name") is None
    assert store.create("name", b"mine") is not None


@pytest.mark.parametrize(
    ("fault", "refusal", "word"),
    [
        ("403", StoreRefuses, "AccessDenied"),
        ("503", Unreachable, "SlowDown"),
        ("cut", Unreachable, "the connection was cut"),
    ],
)
@pytest.mark.slow
def test_what_a_bucket_does_not_answer_is_told_from_what_it_refuses(
    bucket: Bucket, fault: str, refusal: type[Exception], word: str
) -> None:
    store = connect("s3://team/refusals", "--ledger", local=True)
    for method in ("GET", "PUT"):
        bucket.faults[method] = fault
    for work in (
        lambda: store.get("name"),
        lambda: store.create("name", b""),
        lambda: store.replace("name", b"", '"x"'),
        lambda: list(store.list("a/")),
    ):
        with pytest.raises(refusal, match=f"s3://team/refusals.*{word}"):
            work()


def test_a_server_that_is_silent_or_not_there_is_told(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "_SECONDS", 1)
    monkeypatch.setattr(buckets, "_TRYING", 1)
    silent = connect("s3://team/silent", "--ledger", local=True)
    bucket.faults["GET"] = "frozen"
    with pytest.raises(Unreachable, match="s3://team/silent`: no answer in time"):
        silent.get("a")
    bucket.thaw.set()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(Unreachable, match="s3://team/silent`: no connection"):
            connect("s3://team/silent", "--ledger", local=True).get("a")


def test_a_bucket_that_is_not_there_is_a_refusal(bucket: Bucket) -> None:
    store = connect("s3://nobucket/x", "--ledger", local=True)
    for work in (lambda: store.get("a"), lambda: store.create("a", b""), lambda: list(store.list("a/"))):
        with pytest.raises(StoreRefuses, match="nobucket"):
            work()
