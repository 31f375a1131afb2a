"""The emulator is for programs of this machine, and for the one that has its key; its files are for its user."""

from __future__ import annotations

import http.client
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from strangers import Command

from seedspec.emulator.ledger import Ledger, LedgerError
from seedspec.emulator.process import child
from seedspec.emulator.settings import Addresses

KEY = "sk-of-this-run"


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    with child(["--folder", str(tmp_path_factory.mktemp("books"))], key=KEY) as found:
        yield found


def asked(url: str, **headers: str) -> int:
    """The status of an answer to exactly these headers."""
    parts = urlsplit(url)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    link.putrequest("GET", parts.path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        link.putheader(name, value.replace("PORT", str(parts.port)))
    link.endheaders()
    status = link.getresponse().status
    link.close()
    return status


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:PORT", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1", ""]
)
def test_another_name_is_refused(host: str, addresses: Addresses) -> None:
    """A browser sends the page's own name, whatever address that leads to."""
    for url in (f"{addresses.api}/v1/credits", f"{addresses.api}/api/v1/files/list", f"{addresses.results}/r/x/y"):
        assert asked(url, Host=host, Authorization=f"Bearer {KEY}") in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST", "[::1]:PORT", "127.0.0.1"])
def test_this_machines_names_are_taken(host: str, addresses: Addresses) -> None:
    assert asked(f"{addresses.api}/v1/credits", Host=host, Authorization=f"Bearer {KEY}") == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8000"])
def test_no_page_is_answered(origin: str, addresses: Addresses) -> None:
    given = {"Host": "127.0.0.1:PORT", "Authorization": f"Bearer {KEY}", "Origin": origin}
    assert asked(f"{addresses.api}/v1/credits", **given) == 403


@pytest.mark.parametrize("key", ["emulator", "sk-of-this-rum", "x"])
def test_another_key_is_refused(key: str, addresses: Addresses) -> None:
    assert asked(f"{addresses.api}/v1/credits", Host="127.0.0.1", Authorization=f"Bearer {key}") == 401


@pytest.mark.slow
def test_its_files_are_its_users(project: Path, command: Command) -> None:
    assert command(project, "run", "--emulator", "--yes").code == 0
    folder = project / ".seedspec" / "storyboard.emulator"
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in (".", "secret", "ledger.jsonl", "uploads")}
    assert modes == {".": 0o700, "secret": 0o600, "ledger.jsonl": 0o600, "uploads": 0o700}
    for name in ("secret", "ledger.jsonl"):
        (folder / name).chmod(0o644)  # as an earlier version left them
    Ledger(folder).release()
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("secret", "ledger.jsonl")} == {0o600}


@pytest.mark.parametrize("name", ["held.lock", "ledger.jsonl", "secret", "uploads", "results"])
def test_a_link_in_its_folder_is_not_followed(name: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("years of work")
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / name).symlink_to(tmp_path / ("precious" if "." in name or name == "secret" else "."))
    with pytest.raises(LedgerError, match="symbolic link"):
        Ledger(tmp_path / "books")
    assert (tmp_path / "precious").read_text() == "years of work"
