"""Keys and addresses: where they come from, which are none, and that no message or repr holds a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seedspec.project import sources
from seedspec.project.cluster import check_address
from seedspec.project.credentials import (
    BadSettings,
    Key,
    Origins,
    is_local,
    is_loopback,
    key_in,
    key_of,
    origins_of,
    url_of,
)

PROVIDER: dict[str, Any] = {
    "origins": {
        "api": {"url": "https://api.example.com", "variable": "A_URL"},
        "files": {"url": "https://files.example.com", "variable": "F_URL"},
        "third": {"url": "https://third.example.com", "variable": "T_URL"},
    },
    "auth": {"variable": "A_KEY"},
}


def told(work: Any, *given: Any) -> tuple[str, int]:
    with pytest.raises(BadSettings) as caught:
        work(*given)
    return str(caught.value), caught.value.exit


@pytest.mark.parametrize("text", ["", "  ", "sk-with a space", "sk-with\na-line", "sk-with\x7f", "sk-größe-1"])
def test_a_key_has_letters_that_a_header_takes(text: str) -> None:
    said = "the API key holds characters that no key has (spaces or line ends inside it?)"
    assert told(Key, text) == (said, 5)


def test_a_key_has_eight_letters_at_least() -> None:
    said = "the API key is too short; expected at least 8 characters: copy it whole from the service's page of keys"
    assert told(Key, "1234567") == (said, 5)
    assert Key(" !234567~\n").reveal() == "!234567~" and repr(Key("12345678")) == "Key(***)"


def test_a_key_is_that_of_the_environment_or_of_the_file(tmp_path: Path) -> None:
    none = "no API key: set A_KEY in the environment or in `.env`; or try `--emulator`, which needs none"
    assert told(key_of, PROVIDER, {}, tmp_path) == (none, 5)
    (tmp_path / ".env").write_text("A_KEY=in-the-file-$X\nB_KEY=\n")
    assert key_of(PROVIDER, {"A_KEY": " "}, tmp_path).reveal() == "in-the-file-$X"
    assert key_of(PROVIDER, {"A_KEY": "in-the-environment"}, tmp_path).reveal() == "in-the-environment"
    assert told(key_in, "B_KEY", {}, str(tmp_path)) == (none.replace("A_KEY", "B_KEY"), 5)
    (tmp_path / ".env").write_bytes(b"A_KEY=\xff\n")
    said, code = told(key_of, PROVIDER, {}, tmp_path)
    assert said.startswith(f"`{tmp_path}/.env` cannot be read: 'utf-8' codec") and code == 2
    (tmp_path / ".env").unlink()
    (tmp_path / ".env").mkdir()
    assert told(key_of, PROVIDER, {}, tmp_path) == (none, 5)


def test_addresses_are_those_of_the_provider_or_of_the_environment() -> None:
    found = origins_of(PROVIDER, {"F_URL": " http://127.0.0.1:8080/ ", "T_URL": "https://x.y"})
    assert (found.api, found.files, dict(found.more)) == (
        "https://api.example.com", "http://127.0.0.1:8080", {"third": "https://x.y"},
    )  # fmt: skip
    assert [found.of(n) for n in ("api", "files", "third", "no")] == [found.api, found.files, "https://x.y", found.api]
    assert not found.local and Origins("http://localhost:1", "").local
    one = {"origins": {"api": PROVIDER["origins"]["api"]}}
    assert origins_of(one, {}) == Origins("https://api.example.com", "https://api.example.com")


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://API.example.com:8443/", "https://api.example.com:8443"),
        ("http://localhost:80", "http://localhost:80"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://münchen.example", "https://münchen.example"),
        ("http://127.9.9.9", "http://127.9.9.9"),
    ],
)
def test_an_address_is_an_origin(given: str, made: str) -> None:
    assert origins_of(PROVIDER, {"A_URL": given}).api == made


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("https://a:b", "A_URL is no address: `https://a:b`"),
        ("https://[::1", "A_URL is no address: `https://[::1`"),
        ("api.example.com", "A_URL is `api.example.com`; expected an address like https://api.example.com"),
        ("ftp://a.b", "A_URL is `ftp://a.b`; expected an address like https://api.example.com"),
        ("https://", "A_URL is `https://`; expected an address like https://api.example.com"),
        ("https://u@a.b", "A_URL is `https://u@a.b`; expected an address like https://api.example.com"),
        ("https://a..b", "A_URL is `https://a..b`; expected an address like https://api.example.com"),
        ("https://a.b?c", "A_URL is `https://a.b?c`; expected an address like https://api.example.com"),
        ("https://a.b#c", "A_URL is `https://a.b#c`; expected an address like https://api.example.com"),
        ("https://a.b/\u202e", "A_URL is `https://a.b/\u202e`; expected an address like https://api.example.com"),
        ("https://a.b/v1", "A_URL is `https://a.b/v1`; expected scheme, host and port alone"),
        ("http://a.b", "A_URL is `http://a.b`; the key travels over https alone (http only to this machine)"),
    ],
)
def test_what_is_no_origin_is_told(given: str, said: str) -> None:
    assert told(origins_of, PROVIDER, {"A_URL": given}) == (said, 2)


def test_a_call_goes_where_the_file_of_the_provider_says() -> None:
    provider = sources.schemas()["evolink/provider.json"]
    origins = Origins("https://api", "https://files")
    name = next(n for n, c in provider["calls"].items() if "{task}" in c["path"])
    path = provider["calls"][name]["path"]
    assert url_of(provider, origins, name, task="t1") == "https://api" + path.replace("{task}", "t1")


def test_this_machine_is_known() -> None:
    hosts = ("localhost", "127.0.0.1", "127.1.2.3", "::1", "128.0.0.1", "example.com", "localhost.example.com", "")
    assert [is_loopback(h) for h in hosts] == [True, True, True, True, False, False, False, False]
    assert [is_local(u) for u in ("http://localhost:1/x", "https://a.b", "no")] == [True, False, False]


OPEN = "whoever is between could run programs on the workers; expected"
OWN = "with certificates by Dask's own configuration"


@pytest.mark.parametrize("address", ["dask", "tls://a.b:1", "tls://[2001:db8::1]:65535", "tcp://127.0.0.1:8786",
                                     "tcp://localhost:1", "tcp://[::1]:1"])  # fmt: skip
def test_jobs_may_be_sent_there(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("Dask", "--executor is `Dask`; expected dask, or tls://HOST:PORT of a scheduler of Dask"),
        ("tls://a.b", "--executor is `tls://a.b`; expected dask, or tls://HOST:PORT of a scheduler of Dask"),
        ("tls://a.b:1/", "--executor is `tls://a.b:1/`; expected dask, or tls://HOST:PORT of a scheduler of Dask"),
        ("tcp://a.b:1", f"--executor tcp://a.b:1: {OPEN} tls://a.b:1, {OWN}"),
        ("tcp://[2001:db8::1]:1", f"--executor tcp://[2001:db8::1]:1: {OPEN} tls://[2001:db8::1]:1, {OWN}"),
    ],
)
def test_jobs_may_not_be_sent_there(address: str, said: str) -> None:
    assert told(check_address, address) == (said, 2)
