"""What a user's provider file may say: each rule at its edge, with all that is told of a file that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acme import PROVIDER, provider, told

from seedspec.catalog.provider_file import changes, faults, origin_fault, place_of_variable, sending_of, variables_of
from seedspec.catalog.schema import Schema
from seedspec.project import sources

FORM = Schema(sources.schemas()["meta/provider.json"])
HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
Changes = tuple[tuple[str, Any], ...]
STEERS = "\x1b[2J"
READ = PROVIDER["calls"]["read"]
RESULT = {"origin": "api", "method": "GET", "path": "/v1/videos/{task}/result", "take": {"links": "url"}}
FIND = {"origin": "api", "method": "GET", "path": "/v1/own/{own}", "take": {"task": "id"}}
ITEM = {"url": {"$item": True}}

CASES: dict[str, Changes] = {
    "as it is": (),
    "it is a list": (("", []),),
    "more parts than any": (("", [0] * 200_001),),
    "a key is missing": (("results", None),),
    "a key is missing, and another value is wrong": (("results", None), ("title", "A" * 81)),
    "an address of no form": (("origins/api/url", "http://x"),),
    "parts that are missing": (("auth", None), ("title", "A" * 81)),
    "another id than its folder": (("id", "other"), ("origins/api/variable", "OTHER_BASE_URL")),
    "an id in capitals": (("id", "Acme"),),
    "an id with an odd sign": (("id", "acme-"),),
    "a title as long as may be": (("title", "A" * 80),),
    "a title of one more": (("title", "A" * 81),),
    "a source as long as may be": (("source", "A" * 4000),),
    "a source of one more": (("source", "A" * 4001),),
    "a title that steers": (("title", f"A{STEERS}"),),
    "a source of two lines": (("source", "A\nB"),),
    "a key that steers": (("sure", {f"a{STEERS}": {"mark": "H", "source": "x"}}),),
    "a text in a list that steers": (("failures/lost", ["a", STEERS]),),
    "a variable of an address for another thing": (("origins/files/variable", "ACME_FILES_KEY"),),
    "a variable of an address of another": (("origins/api/variable", "OTHER_URL"),),
    "a variable of an address with two words": (("origins/api/variable", "ACME_BASE_2_URL"),),
    "a key that is none": (("auth/variable", "ACME_PASSWORD"),),
    "a key that is a token": (("auth/variable", "ACME_TOKEN"),),
    "a key that is a secret": (("auth/variable", "ACME_MY_SECRET"),),
    "a key without a word between": (("auth/variable", "ACMEKEY"),),
    "a variable as long as may be": (("auth/variable", f"ACME_{'X' * 91}_KEY"),),
    "a variable of one more": (("auth/variable", f"ACME_{'X' * 92}_KEY"),),
    "no header": (("doubt", {"key": None, "lookup": "candidates"}),),
    "a header that is set by others": (("doubt/key/header", "Authorization"),),
    "a header that begins with a sign": (("doubt/key/header", "-A"),),
    "a header as long as may be": (("doubt/key/header", "A" * 64),),
    "a header of one more": (("doubt/key/header", "A" * 65),),
    "ids without an end": (("task_id", "^[a-z]+"),),
    "ids without a begin": (("task_id", "[a-z]+$"),),
    "ids that may be anything": (("task_id", "^.+$"),),
    "ids with a slash": (("task_id", "^[a-z/]+$"),),
    "ids with dots": (("task_id", "^[.]+$"),),
    "ids with a quantifier around one": (("task_id", "^(a+)+$"),),
    **{f"ids with {sign!r}": (("task_id", f"^a[{escaped}]b?$"),) for sign, escaped in
       {"?": "?", "#": "#", "@": "@", ":": ":", " ": " ", "\\": "\\\\", "\n": "\\n"}.items()},
    "ids with a percent sign": (("task_id", "^a%2fb$"),),
    "ids that are a place of the path": (("task_id", "^[{}a-z]+$"),),
    "ids that go up": (("task_id", "^[.]{2}/a$"),),
    # calls
    "a call of no origin": (("calls/read/origin", "other"),),
    "a path with an odd sign": (("calls/read/path", "/v1/@x/{task}"),),
    "a path that goes up": (("calls/read/path", "/v1/{task}/a..b/.."),),
    "a path with points": (("calls/read/path", "/v1/{task}/a..b"),),
    "a path of nothing": (("calls/list/path", "/"),),
    "a path with all that may be": (("calls/list/path", "/a-Z_0~9.x/{model}/{app}"),),
    "a read without its task": (("calls/read/path", "/v1/videos"),),
    "a result without its task": (("calls/result", {**RESULT, "path": "/v1/result"}),),
    "a cancel without its task": (("calls/cancel", {"origin": "api", "method": "DELETE", "path": "/v1/cancel"}),),
    "a task in the paid address": (("calls/create/path", "/v1/{task}"),),
    "an id of ours in the list": (("calls/list/path", "/v1/{own}"),),
    "a find without our id": (("calls/find", {**FIND, "path": "/v1/own"}),),
    "a find": (("calls/find", FIND),),
    "a find with nothing read from it": (("calls/find", {**FIND, "take": {}}),),
    "a create that is no POST": (("calls/create/method", "PUT"),),
    "an upload that is no POST": (
        ("calls/upload", {"origin": "files", "method": "PUT", "path": "/up", "take": {"url": "url"}}),
    ),
    "a read that is a POST": (("calls/read/method", "POST"),),
    "nothing is read": (
        ("calls/create/take", {}), ("calls/read/take", {}), ("calls/list/take", {}),
        ("calls/batch", {"origin": "api", "method": "POST", "path": "/batch", "body": {}}),
        ("calls/balance", {"origin": "api", "method": "GET", "path": "/credits"}),
        ("calls/room", {"origin": "api", "method": "GET", "path": "/room"}),
        ("calls/upload", {"origin": "api", "method": "POST", "path": "/upload", "take": {}}),
    ),
    "no take": (("calls/create/take", None), ("calls/read/take", None)),
    "rows that are no list": (("calls/list/take/rows", "data"),),
    "rows by several readings": (("calls/list/take/rows", ["data[*]"]),),
    "a task that is read on a condition": (("calls/create/take/task", {"path": "id", "when": {"a": 1}}),),
    "a task that is read in two ways": (("calls/create/take/task", [{"path": "id", "when": {"a": 1}}, "b"]),),
    "no body": (("calls/create/body", None),),
    "no body of many": (
        ("calls/batch", {"origin": "api", "method": "POST", "path": "/b", "take": {"rows": "a[*]", "task": "id"}}),
    ),
    "a body of a wrong form": (
        ("calls/create/body", {"a": {"b": [{"$each": "x", "as": {"k": 1}}, {"$get": "y"}]}, "c": {"$env": "K"}}),
    ),
    "a query of a wrong form": (("calls/list/query", {"a": {"b": {"$get": ""}}, "c": [{"$item": True}]}),),
    "links of the result": (("calls/read/take/links", None), ("calls/result", RESULT)),
    "links of neither": (("calls/read/take/links", None), ("calls/result", {**RESULT, "take": {"seed": "seed"}})),
    "no state that has failed, and no code": (
        ("states/broken", None), ("calls/read/take/code", None), ("calls/result", RESULT),
    ),
    "no state that has failed, and a code": (("states/broken", None), ("calls/result", RESULT)),
    "a status that says so": (
        ("states/broken", None), ("calls/read/take/code", None), ("calls/result", {**RESULT, "failed": [422]}),
    ),
    "no state that has failed, and no result": (("states/broken", None), ("calls/read/take/code", None)),
    "no state that runs or has ended": (("states", {"a": "queued", "b": "failed"}),),
    # doubts
    "a lookup by an id of ours": (("doubt/lookup", "own-id"), ("doubt/own", {"name": "ref"}), ("calls/find", FIND)),
    "a lookup by an id without a find": (("doubt/lookup", "own-id"), ("doubt/own", {"name": "ref"})),
    "a lookup by an id that is not named": (("doubt/lookup", "own-id"), ("calls/find", FIND)),
    "an echo of an id that is not named": (("doubt/lookup", "echo"), ("doubt/echo", {"own": "ref"})),
    "an echo of a seed": (("doubt/lookup", "echo"), ("doubt/echo", {"seed": "seed"})),
    "an echo that is not described": (("doubt/lookup", "echo"),),
    "a body that is not described": (("doubt/lookup", "body"),),
    "a body": (("doubt/lookup", "body"), ("doubt/body", "request")),
    "an echo that is not read": (("doubt/echo", {"seed": "seed"}),),
    "a body that is not read": (("doubt/body", "request"),),
    **{f"a list that lacks for {word}": (("doubt/lookup", word), ("doubt/body", "x"), ("doubt/echo", {"seed": "s"}),
                                         ("calls/list", None)) for word in ("candidates", "echo", "body", "none")},
    "an id of ours in the place of another": (
        ("doubt/own", {"name": "a"}), ("calls/create/body", {"a": {"$model": True}}),
    ),
    "an id of ours beside others": (("doubt/own", {"name": "b"}), ("calls/create/body", {"a": {"$model": True}})),
}  # fmt: skip


def test_what_is_told_of_each_file(expect: Expect) -> None:
    said = [told(case, faults(provider(*changed), "acme", FORM)) for case, changed in CASES.items()]
    expect(HERE / "provider_rules.txt", "\n".join(said) + "\n")


RESERVED = """
seedspec meta aws azure gcp google gcloud github gh gitlab git bitbucket ci circleci npm node pypi pip uv twine docker
kube vault ssh gpg pg pgp database mysql postgres redis sentry slack stripe twilio sendgrid cloudflare cf heroku vercel
netlify digitalocean hf huggingface hugging openai anthropic claude xdg python ld dyld http https ssl path home secret
api access session jwt
"""
IDS = ["a", "a" + "b" * 29, "a0-b1-c2-d3", "acme-github", "githubs", f"a-{'b' * 30}"]
NO_IDS = [
    "a" + "b" * 30,
    "0a",
    "a-b-c-d-e",
    "a--b",
    "-a",
    "a_b",
    "A",
    "",
    f"a-{'b' * 31}",
    "git-hub",
    *RESERVED.split(),
]


def named(own: str) -> Any:
    begin = own.upper().replace("-", "_")
    return provider(
        ("id", own), ("auth/variable", f"{begin}_KEY"), ("origins/api/variable", f"{begin}_URL"),
        ("origins/files/variable", f"{begin}_FILES_URL"),
    )  # fmt: skip


def test_an_id_is_no_word_by_which_keys_of_others_are_named() -> None:
    assert [own for own in IDS if [*faults(named(own), own, FORM)]] == []
    why = "expected letters, digits and `-`, and no word by which keys of other services are named"
    for own in NO_IDS:
        found = [v for v in faults(named(own), own, FORM) if v.path == ("id",) and v.code == "provider-file"]
        if FORM.is_valid(named(own)):
            assert [v.message for v in found] == [f"`{own}` cannot be the id of a provider; {why}"], own
        else:
            assert [*faults(named(own), own, FORM)], own


HEADERS = """
accept-encoding authorization connection content-encoding content-length content-type cookie expect host location
proxy-authorization te trailer transfer-encoding upgrade user-agent
"""


def test_no_header_of_the_transport_names_an_attempt() -> None:
    for name in HEADERS.split():
        for header in (name, name.title()):
            found = [*faults(provider(("doubt/key/header", header)), "acme", FORM)]
            said = [(v.path, v.message) for v in found]
            assert said == [(("doubt", "key", "header"), f"`{header}` is no header that a file may set")]


EXPECTED = "expected https:// and the public name of a host, without a path"
PRIVATE = f", which only one machine or a private network can reach; {EXPECTED}"
ORIGINS = {
    "https://api.acme.example.com": "",
    "https://api.acme.example.com:1": "",
    "https://api.acme.example.com:65535": "",
    "https://api.acme.example.com:65536": "it is `https://api.acme.example.com:65536`; a port is 65535 at most",
    "https://a.b2": "",
    f"https://{'a' * 63}.{'b' * 63}": "",
    f"https://{'a' * 64}.com": f"it is `https://{'a' * 51}…`; {EXPECTED}",
    "https://a.22": f"it is `https://a.22`; {EXPECTED}",
    "https://-a.com": f"it is `https://-a.com`; {EXPECTED}",
    "https://a-.com": f"it is `https://a-.com`; {EXPECTED}",
    "https://a-b.com": "",
    "https://a.com/": f"it is `https://a.com/`; {EXPECTED}",
    "https://acme": f"it is `https://acme`; {EXPECTED}",
    "https://a.com:0": f"it is `https://a.com:0`; {EXPECTED}",
    "http://a.com": f"it is `http://a.com`; {EXPECTED}",
    "https://printer.local": f"it is `https://printer.local`{PRIVATE}",
    "https://nas.lan": f"it is `https://nas.lan`{PRIVATE}",
    "https://bücher.example": "the name of its host is not in ASCII; write it as it is looked up: "
    "`https://xn--bcher-kva.example`",
    f"https://{'ü' * 70}.example": "the name of its host is not in ASCII; write it as it is looked up: "
    f"`https://{chr(92)}xfc{(chr(92) + 'xfc') * 69}.example`",
    "https://[ü": f"the name of its host is not in ASCII; write it as it is looked up: `https://[{chr(92)}xfc`",
}


@pytest.mark.parametrize("url", ORIGINS)
def test_an_origin_is_the_public_name_of_a_host(url: str) -> None:
    assert origin_fault(url) == ORIGINS[url]


def test_what_a_file_asks_for_is_shown() -> None:
    found = sending_of(provider(("auth/scheme", "key"), ("calls/list/origin", "other")))
    assert found.calls == (
        ("create", "POST https://api.acme.example.com/v1/videos"),
        ("read", "GET https://api.acme.example.com/v1/videos/{task}"),
        ("list", "GET ?/v1/videos"),
    )
    assert found.hosts == ("https://api.acme.example.com", "https://files.acme.example.com")
    assert (found.keys, found.addresses) == (("ACME_API_KEY",), ("ACME_BASE_URL", "ACME_FILES_URL"))
    assert found.header == "Authorization: Key …"
    same = provider(("origins/files/url", "https://api.acme.example.com"))
    assert sending_of(same).hosts == ("https://api.acme.example.com",)


def test_the_variables_of_a_file_and_their_places() -> None:
    made = provider()
    assert variables_of(made) == ("ACME_API_KEY", "ACME_BASE_URL", "ACME_FILES_URL")
    assert place_of_variable(made, "ACME_FILES_URL") == ("origins", "files", "variable")
    assert place_of_variable(made, "ACME_API_KEY") == ("auth", "variable")
    for broken in ({}, [], {"auth": 1}, {"auth": {"variable": "A"}, "origins": []}):
        assert variables_of(broken) == ()  # type: ignore[arg-type]


def test_each_place_is_told_in_which_two_files_differ() -> None:
    before = {"a": {"b": 1, "c": [1, {"d": "x"}]}, "gone": True, "same": None}
    after = {"a": {"b": 2, "c": [1, {"d": "y"}, 3]}, "same": None, "new": {"e": ""}, "list": []}
    assert changes(before, after) == [
        ("a/b", "1", "2"), ("a/c/1/d", "x", "y"), ("gone", "True", ""), ("a/c/2", "", "3"), ("new/e", "", ""),
    ]  # fmt: skip
    assert changes(before, before) == []
