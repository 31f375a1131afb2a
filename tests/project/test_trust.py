"""What the user keeps between commands: what is trusted, own prices, the secret, and the folders of all of it."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import orjson
import pytest

from seedspec.project import secret, trust, user_folders, user_prices
from seedspec.project.credentials import BadSettings
from seedspec.project.state_folder import state_folder

DIGEST = "ab" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def document(name: str, variable: str) -> bytes:
    made = {"id": name, "auth": {"variable": variable}, "origins": {"api": {"variable": f"{variable}_URL"}}}
    return orjson.dumps(made)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_file_is_trusted_by_its_bytes_until_it_is_forgotten(home: Path) -> None:
    one, two = document("acme", "ACME_KEY"), document("other", "OTHER_KEY")
    known = trust.Trust({})
    assert digest(one) not in known and trust.all_trusted() == [] and trust.owners() == {}
    trust.remember(one, "providers/acme/\x1bprovider.json", "2026-01-02T03:04:05Z")
    trust.remember(two, "x.json", "2026-02-03T03:04:05Z")
    first = trust.Trusted(digest(one), orjson.loads(one), "providers/acme/\\u001bprovider.json", "2026-01-02T03:04:05Z")
    second = trust.Trusted(digest(two), orjson.loads(two), "x.json", "2026-02-03T03:04:05Z")
    assert trust.all_trusted() == [second, first]
    assert digest(one) in known and digest(one + b" ") not in known
    told = ("acme", "`providers/acme/\\u001bprovider.json`, trusted on 2026-01-02")
    other = ("other", "`x.json`, trusted on 2026-02-03")
    assert trust.owners() == {
        "ACME_KEY": told, "ACME_KEY_URL": told, "OTHER_KEY": other, "OTHER_KEY_URL": other,
    }  # fmt: skip
    place = home / "state" / "seedspec" / "trusted" / f"{digest(one)}.json"
    assert place.stat().st_mode & 0o777 == 0o600 and place.parent.stat().st_mode & 0o777 == 0o700
    assert orjson.loads(place.read_bytes()) == {
        "seedspec_trust": 1, "path": "providers/acme/\\u001bprovider.json", "at": "2026-01-02T03:04:05Z",
        "file": one.decode(),
    }  # fmt: skip
    trust.forget(digest(one))
    trust.forget(digest(one))
    assert trust.all_trusted() == [second]


def test_the_one_that_was_trusted_last_owns_a_variable() -> None:
    trust.remember(document("late", "KEY"), "late.json", "2026-02-02T00:00:00Z")
    trust.remember(document("early", "KEY"), "early.json", "2026-01-01T00:00:00Z")
    assert trust.owners()["KEY"] == ("late", "`late.json`, trusted on 2026-02-02")


@pytest.mark.parametrize(
    "change",
    [
        {"file": "{}"},
        {"file": '{"id": 1}'},
        {"file": 1},
        {"file": None},
        {"path": None, "file": "["},
    ],
)
def test_a_record_that_is_not_of_its_digest_is_none(home: Path, change: dict[str, object]) -> None:
    folder = home / "state" / "seedspec" / "trusted"
    folder.mkdir(parents=True)
    data = document("acme", "K")
    right = {"path": "a", "at": "b", "file": data.decode()}
    for name, record in ((digest(data), right | change), ("x" * 64, right), (digest(b'{"id": 1}'), right | change)):
        (folder / f"{name}.json").write_bytes(orjson.dumps(record))
    assert trust.all_trusted() == [] and digest(data) not in trust.Trust({})
    (folder / f"{digest(data)}.json").write_bytes(orjson.dumps(right))
    assert [one.path for one in trust.all_trusted()] == ["a"]


def test_digests_of_the_environment() -> None:
    given = {"SEEDSPEC_TRUST": f" sha256:{DIGEST.upper()},, {'0' * 64}\n"}
    assert trust.digests_of(given) == {DIGEST, "0" * 64} and trust.digests_of({}) == frozenset()
    known = trust.Trust(given)
    assert DIGEST in known and "1" * 64 not in known
    with pytest.raises(BadSettings) as told:
        trust.Trust({"SEEDSPEC_TRUST": f"{DIGEST},{'q' * 19}\x1bzz"})
    said = "expected sha256 digests of 64 letters, with commas between them"
    assert str(told.value) == f"SEEDSPEC_TRUST holds `{'q' * 19}\\u001b`; {said}"


def test_own_prices(home: Path) -> None:
    assert user_prices.own_prices() == {}
    path = user_prices.write_prices("evolink", {"a": [1]})
    assert path == home / "config" / "seedspec" / "providers" / "evolink" / "prices.json"
    assert path.read_bytes() == b'{\n  "a": [\n    1\n  ]\n}\n' and path.parent.stat().st_mode & 0o777 == 0o700
    for name, data in (("broken", b"{"), ("none", None)):
        (path.parents[1] / name).mkdir()
        if data:
            (path.parents[1] / name / "prices.json").write_bytes(data)
    assert user_prices.own_prices() == {
        "broken": (str(path.parents[1] / "broken" / "prices.json"), None), "evolink": (str(path), {"a": [1]}),
    }  # fmt: skip
    assert list(user_prices.own_prices()) == ["broken", "evolink"]


def test_folders_are_those_of_the_environment_or_the_usual_ones(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (user_folders.user_state, user_folders.user_config, user_folders.user_cache)
    assert [f() for f in found] == [home / name / "seedspec" for name in ("state", "config", "cache")]
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", "relative")
    mine = home / "home"
    usual = {"linux": ".cache", "darwin": "Library/Caches", "win32": "AppData/Local"}
    for platform, cache in usual.items():
        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.delenv("LOCALAPPDATA", raising=False)
        assert [f() for f in found] == [mine / p / "seedspec" for p in (".local/state", ".config", cache)]
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    assert user_folders.user_cache() == home / "local" / "seedspec"


def test_a_seal_is_known_again_by_the_same_user_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = secret.seal(b"text")
    assert made is not None and len(made) == 64 and secret.seal(b"text") == made != secret.seal(b"Text")
    file = home / "state" / "seedspec" / "secret"
    assert file.stat().st_size == 32 and file.stat().st_mode & 0o777 == 0o600 and os.listdir(file.parent) == ["secret"]
    assert made == hashlib.blake2b(b"text", key=file.read_bytes(), digest_size=32).hexdigest()
    secret._secret.cache_clear()
    assert secret.seal(b"text") == made, "it is kept"
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "other"))
    assert secret.seal(b"text") not in (None, made)


@pytest.mark.parametrize("size", [31, 33])
def test_a_secret_of_another_length_is_none(home: Path, size: int) -> None:
    secret._secret.cache_clear()
    (home / "state" / "seedspec").mkdir(parents=True)
    (home / "state" / "seedspec" / "secret").write_bytes(bytes(size))
    assert secret.seal(b"text") is None
    secret._secret.cache_clear()


def test_without_a_home_there_is_no_seal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("x")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "file"))
    assert secret.seal(b"text") is None


def test_the_folder_of_a_storyboard_is_made_once_and_stays_out_of_git(tmp_path: Path) -> None:
    folder = state_folder(tmp_path)
    assert folder == tmp_path / ".seedspec" and (folder / ".gitignore").read_text() == "*\n"
    (folder / ".gitignore").write_text("mine\n")
    assert state_folder(tmp_path) == folder and (folder / ".gitignore").read_text() == "mine\n"


def test_the_folder_of_a_storyboard_is_no_file_and_no_link(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / ".seedspec").write_text("x")
    (tmp_path / "b" / ".seedspec").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c" / ".seedspec" / "deep").mkdir(parents=True)
    (tmp_path / "c" / ".seedspec" / "deep" / "link").symlink_to(tmp_path)
    file, link = "is a file; move it away: seedspec keeps a folder of that name", "is a symbolic link; remove it"
    for name, said, where in (("a", file, ""), ("b", link, ""), ("c", link, "/deep/link")):
        with pytest.raises(OSError, match=said) as told:
            state_folder(tmp_path / name)
        assert told.value.filename == str(tmp_path / name / ".seedspec") + where
    assert not (tmp_path / "nowhere").exists()
