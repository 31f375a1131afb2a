"""Who is answered: programs on this machine, by a name that is this machine's, and no web page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.conftest import Running

OURS = ["127.0.0.1", "127.0.0.1:1", "localhost", "LocalHost:65535", "[::1]", "[::1]:80"]
OTHERS = ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "localhost:",
          "localhost:123456",
          "a localhost", "::1", "0.0.0.0"]  # fmt: skip


@pytest.mark.parametrize("host", [*OURS, *OTHERS])
def test_a_name_of_another_is_refused(shared: Running, host: str) -> None:
    answer = shared.client.get("/v1/credits", headers={"Host": host})
    assert answer.status_code == (200 if host in OURS else 403)
    assert host in OURS or answer.json()["error"]["code"] == "forbidden_host"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1"])
def test_a_web_page_is_refused(shared: Running, origin: str) -> None:
    answer = shared.client.get("/v1/credits", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden_origin")


def test_every_answer_has_an_id_of_its_own(shared: Running) -> None:
    ids = {shared.client.get(path).headers["x-request-id"] for path in ("/v1/credits", "/v1/credits", "/v1/gone")}
    assert len(ids) == 3 and all(one.startswith("req-") and len(one) == 20 for one in ids)


def test_a_file_is_refused_in_the_form_of_its_api_and_a_key_in_that_of_all(shared: Running) -> None:
    gone = shared.client.get("/api/v1/files/gone/more")
    assert (gone.status_code, gone.json()) == (404, {"success": False, "code": 404, "msg": "Not Found"})
    keyless = shared.client.get("/api/v1/files/list", headers={"Authorization": ""})
    assert keyless.json()["error"]["type"] == "authentication_error"
