"""Files of providers: a repository brings each kind of a hostile one, and none gets a key, or changes a price."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from provider_folder import BOARD, SHIPPED, Say, model, prices, provider, put, set_key, write
from strangers import CANARY, tool
from terminal import at_terminal

from seedspec.project import sources

REFUSED, WAITING = "provider-file", "provider-not-trusted"


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def stored(clone: Path) -> list[str]:
    """The digests that are trusted on this machine."""
    folder = clone.parent / "home" / ".local" / "state" / "seedspec" / "trusted"
    return sorted(path.stem for path in folder.glob("*")) if folder.is_dir() else []


# which kinds there are


def key(variable: str) -> Callable[[Any], None]:
    return lambda made: set_key(made, variable)


def origin(url: str) -> Callable[[Any], None]:
    return lambda made: made["origins"]["api"].update(url=url)


def address(variable: str) -> Callable[[Any], None]:
    return lambda made: made["origins"]["api"].update(variable=variable)


def path(to: str) -> Callable[[Any], None]:
    return lambda made: next(iter(made["calls"].values())).update(path=to)


def auth(**parts: str) -> Callable[[Any], None]:
    return lambda made: made["auth"].update(parts)


def header(name: str) -> Callable[[Any], None]:
    return lambda made: made["doubt"]["key"].update(header=name)


def top(**parts: Any) -> Callable[[Any], None]:
    return lambda made: made.update(parts)


ORIGINS = (
    "http://api.acme.example.com", "https://user@api.acme.example.com", "https://:pw@api.acme.example.com",
    "https://api.acme.example.com/v1", "https://api.acme.example.com?x", "https://api.acme.example.com#x", "https://",
    "https://localhost", "https://127.0.0.1", "https://10.0.0.1", "https://192.168.1.1:8443", "https://169.254.169.254",
    "https://[::1]", "https://[fe80::1%25eth0]", "https://2130706433", "https://0x7f000001", "https://127.1",
    "https://203.0.113.7", "https://metadata.google.internal", "https://printer.local", "https://nas.lan",
    "https://intranet", "https://api.acme.example.com.", "https://api..acme.example.com", "https://-a.example.com",
    "https://api.acme.example.com:0", "https://api.acme.example.com:99999", "https://аpi.acme.example.com",
    "https://api.acme.example.com\\@evil.example", "https://api acme.example.com", "https://API.acme.example.com",
    "file:///etc/passwd", "https://api.acme.example.com\r\nX: y", "//api.acme.example.com", 7,
)  # fmt: skip
KEYS = (
    "EVOLINK_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PATH", "HOME", "ACME_", "ACME_PASSWORD",
    "XACME_API_KEY", "SEEDSPEC_TRUST", "ACME_API_KEY_FILE", "acme_api_key", "ACME_KEY\n", "",
)  # fmt: skip
PATHS = ("//evil.example/x", "https://evil.example/x", "/v1/../x", "/v1/x?y=1", "/v1/x#y", "/v1/{task.__class__}",
         "/v1/{key}", "/v1/x y", "/v1/x\\y", "/v1/x\n", "v1", "/", "/v1/@evil", "/v1/%2e%2e/x")  # fmt: skip
TASKS = (".*", "^.*$", "^[^/]*$", "^(a+)+$", "^(?:a|a)*$", "task-[a-z]+", "^a/b$", "^(", "^[a-z.]+$", "^(?=x)x$")
CASES: dict[str, tuple[str, Callable[[Any], object]]] = {
    **{f"origin {url!r}": ("acme", origin(url)) for url in ORIGINS},  # type: ignore[arg-type]
    **{f"key {name!r}": ("acme", key(name)) for name in KEYS},
    **{f"address {name!r}": ("acme", address(name)) for name in ("EVOLINK_BASE_URL", "HTTPS_PROXY", "ACME_API_KEY")},
    **{f"path {to!r}": ("acme", path(to)) for to in PATHS},
    **{f"task {form!r}": ("acme", top(task_id=form)) for form in TASKS},
    **{f"header {name!r}": ("acme", header(name)) for name in ("Host", "Cookie", "A\r\nB", "x y", "Content-Length")},
    **{f"scheme {word!r}": ("acme", auth(scheme=word)) for word in ("Bearer\r\nX: y", "Bearer x", "B\u00e9")},
    "the id of one that ships": ("evolink", lambda made: None),
    "an id that begins as one that ships": ("evolink-api", key("EVOLINK_API_KEY")),
    "an id that makes another service's name": ("aws-secret-access", key("AWS_SECRET_ACCESS_KEY")),
    "an id of a service": ("github", key("GITHUB_TOKEN")),
    "another id than its folder's": ("acme", top(id="other")),
    "an id that is a path": ("acme", top(id="../evolink")),
    "a title that steers": ("acme", top(title="\x1b]0;x\x07\x1b[2J")),
    "a title of two lines": ("acme", top(title="Acme\u2028  https://api.evolink.ai")),
    "a title without an end": ("acme", top(title="A" * 300)),
    "an adapter": ("acme", top(adapter="os:system")),
    "a call of no origin": ("acme", lambda made: made["calls"]["create"].update(origin="evil")),
    "an origin of its own beside": (
        "acme",
        lambda made: made["calls"]["create"].update(url="https://evil.example"),
    ),
    "results that take the key": ("acme", lambda made: made["results"].update(key="origin")),
    "results elsewhere": ("acme", lambda made: made["results"].update(origins=["https://evil.example"])),
    "a body that runs": ("acme", lambda made: made["calls"]["create"].update(body={"$eval": "1"})),
    "a query with the key": ("acme", lambda made: made["calls"]["list"].update(query={"k": {"$key": True}})),
    "a header of its own": ("acme", lambda made: made["calls"]["create"].update(headers={"Cookie": "x"})),
    "no id to follow what was bought": ("acme", lambda made: made["calls"]["create"]["take"].clear()),
    "a task in the paid address": ("acme", lambda made: made["calls"]["create"].update(path="/v1/{task}")),
    "one task for all": ("acme", lambda made: made["calls"]["read"].update(path="/v1/tasks")),
    "nothing": ("acme", lambda made: made.clear()),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.sampled(3)
@pytest.mark.slow
def test_a_hostile_provider_is_refused_even_if_trusted(
    case: str, clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, change = CASES[case]
    file = put(clone / "providers", name, change)
    (clone / "storyboard.yaml").write_text(BOARD.format(model=f"{name}-1.0"))
    monkeypatch.setenv("SEEDSPEC_TRUST", digest(file))
    code, said = say("check")
    assert code == 3 and f"providers/{name}/provider.json" in said, said
    code, said = say("trust", str(file))
    assert code == 2 and "at a terminal" not in said and not stored(clone), said


def test_without_a_change_it_is_not_refused(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(clone / "providers")
    monkeypatch.setenv("SEEDSPEC_TRUST", f"sha256:{'0' * 64}, {digest(file).upper()}")
    assert say("check")[0] == 0


@pytest.mark.parametrize(
    "kind", ["large", "deep", "no JSON", "no text", "a link", "a link above", "a pipe", "/dev/zero"]
)
def test_what_is_no_file_is_named_and_not_waited_for(kind: str, clone: Path, say: Say) -> None:
    file, outside = put(clone / "providers"), put(clone.parent / "outside")
    if kind == "a link above":
        for other in file.parent.iterdir():
            other.unlink()
        file.parent.rmdir()
        file.parent.symlink_to(outside.parent)
    else:
        file.unlink()
    if kind == "a pipe":
        os.mkfifo(file)
    elif kind in ("a link", "/dev/zero"):
        file.symlink_to(outside if kind == "a link" else "/dev/zero")
    elif kind != "a link above":
        texts = {"large": b" " * 600_000, "deep": b"[" * 5000 + b"]" * 5000, "no JSON": b"{", "no text": b"\xff\xfe"}
        file.write_bytes(texts[kind])
    code, said = say("check")
    assert code == 3 and "providers/acme" in said, said
    code, said = say("trust", str(file))
    assert code == 2 and not stored(clone), said


# trusting


def test_a_provider_of_a_repository_does_nothing_until_somebody_trusts_it(clone: Path, say: Say) -> None:
    file = put(clone / "providers")
    for words in (("check",), ("plan",), ("run", "--emulator", "--yes"), ("run", "--yes"), ("fetch",), ("compile",)):
        code, said = say(*words)
        assert code == 3 and f"[{WAITING}]" in said and "seedspec trust providers/acme/provider.json" in said
    assert "is not used" in say("doctor")[1] and "nobody has trusted" in say("models")[1]
    code, said = say("trust", "providers/acme/provider.json")
    assert code == 2 and digest(file) in said and not stored(clone), said


@pytest.mark.slow
def test_trusting_shows_what_goes_where_and_asks(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(clone / "providers")
    monkeypatch.setenv("ACME_API_KEY", CANARY)
    code, said = at_terminal(clone, "n", tool(), "trust", "providers/acme")
    assert code == 0 and "nothing was trusted" in said and not stored(clone)
    for part in ("https://api.acme.example.com", "https://files.acme.example.com", "ACME_API_KEY (set here)",
                 "ACME_BASE_URL", "POST https://api.acme.example.com/", "acme-1.0", digest(file)):  # fmt: skip
        assert part in said
    assert CANARY not in said
    assert at_terminal(clone, "y", tool(), "trust", "providers/acme")[0] == 0 and stored(clone) == [digest(file)]
    assert say("check")[0] == 0
    listed = json.loads(say("trust", "--list", "--format", "json")[1])["trusted"]
    assert [(one["sha256"], one["provider"]) for one in listed] == [(digest(file), "acme")]
    assert "ACME_API_KEY goes to https://api.acme.example.com" in say("doctor")[1]

    made = provider()
    made["origins"]["api"]["url"] = "https://api.evil.example.com"
    write(file, made)
    assert f"[{WAITING}]" in say("check")[1]
    said = say("trust", str(file))[1]
    assert re.search(r"origins/api/url +https://api.acme.example.com +-> https://api.evil.example.com", said), said

    write(file, provider())
    assert say("check")[0] == 0
    code, said = say("trust", "--remove", "acme")
    assert code == 0 and not stored(clone) and say("check")[0] == 3
    assert say("trust", "--remove", "acme")[0] == 2


@pytest.mark.slow
def test_what_is_trusted_is_what_was_shown(clone: Path, say: Say) -> None:
    """The file is another one when the answer comes."""
    file = put(clone / "providers")
    shown, made = digest(file), provider()
    made["origins"]["api"]["url"] = "https://api.evil.example.com"
    code, said = at_terminal(clone, "y", tool(), "trust", str(file), meanwhile=lambda: write(file, made))
    assert code == 0 and "evil" not in said and stored(clone) == [shown] != [digest(file)]
    assert f"[{WAITING}]" in say("check")[1]


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS"])
def test_nothing_is_trusted_in_a_job_even_at_a_terminal(
    variable: str, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(clone / "providers")
    monkeypatch.setenv(variable, "true")
    code, said = at_terminal(clone, "y", tool(), "trust", str(file))
    assert code == 2 and "[y/N]" not in said and not stored(clone)


def test_no_env_file_trusts_or_redirects(clone: Path, say: Say) -> None:
    file, home = put(clone / "providers"), clone / "home"
    lines = (
        f"SEEDSPEC_TRUST={digest(file)}", "EVOLINK_BASE_URL=https://evil.example", "ACME_API_KEY=sk-of-the-repository",
        "ACME_BASE_URL=https://evil.example", f"XDG_STATE_HOME={home}", f"XDG_CONFIG_HOME={home}", f"HOME={home}",
    )  # fmt: skip
    (clone / ".env").write_text("\n".join(lines))
    put(home / "seedspec" / "providers", "mine")
    write(home / "seedspec" / "trusted" / f"{digest(file)}.json", {"file": file.read_text(), "path": "x", "at": "x"})
    assert f"[{WAITING}]" in say("check")[1]
    said = say("doctor")[1]
    assert "evil.example" not in said and "provider mine" not in said and "provider acme" in said


def test_a_record_that_somebody_wrote_by_hand_counts_for_its_own_bytes_alone(clone: Path, say: Say) -> None:
    file = put(clone / "providers")
    store = clone.parent / "home" / ".local" / "state" / "seedspec" / "trusted"
    write(store / f"{digest(file)}.json", {"file": "{}", "path": "x", "at": "x"})
    assert f"[{WAITING}]" in say("check")[1]


def test_a_list_of_digests_that_is_none_is_told(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    put(clone / "providers")
    monkeypatch.setenv("SEEDSPEC_TRUST", "all")
    code, said = say("check")
    assert code == 2 and "SEEDSPEC_TRUST" in said


# layers


@pytest.mark.slow
def test_a_provider_of_ones_own_settings_needs_no_trust_and_is_known_everywhere(clone: Path, say: Say) -> None:
    put(clone.parent / "home" / "config" / "seedspec" / "providers")
    assert say("check")[0] == 0
    code, said = say("plan")
    assert code == 0 and "from this folder" not in said and "$" in said
    assert "your own" in say("doctor")[1] and "acme-1.0" in say("models")[1]
    assert say("prices", "--model", "acme-1.0")[0] == 0


def test_a_second_file_of_a_provider_names_both(clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    own = put(clone.parent / "home" / "config" / "seedspec" / "providers")
    file = put(clone / "providers")
    monkeypatch.setenv("SEEDSPEC_TRUST", digest(file))
    code, said = say("check")
    assert code == 3 and str(own) in said and "providers/acme/provider.json" in said and f"[{REFUSED}]" in said


@pytest.mark.parametrize("beside", [True, False])
def test_a_second_file_of_a_model_names_both(beside: bool, clone: Path, say: Say) -> None:
    place = clone if beside else clone.parent / "home" / "config" / "seedspec"
    write(place / "providers" / "evolink" / "mine.json", model(SHIPPED, "evolink"))
    (clone / "storyboard.yaml").write_text(BOARD.format(model=SHIPPED))
    code, said = say("check")
    assert code == 3 and "mine.json" in said and f"evolink/{SHIPPED}.json" in said, said


def test_a_variable_of_a_provider_that_was_trusted_elsewhere_is_its_own(
    clone: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seedspec.project.trust import remember

    remember(json.dumps(provider("acme")).encode(), "/elsewhere/providers/acme/provider.json", "2026-11-29T00:00:00Z")
    file = put(clone / "providers", "acme-api", key("ACME_API_KEY"))
    monkeypatch.setenv("SEEDSPEC_TRUST", digest(file))
    code, said = say("check")
    assert code == 3 and "`ACME_API_KEY` belongs to provider `acme`" in said and "/elsewhere/" in said


# models and prices


def rule(*place: str, **parts: Any) -> Callable[[Any], None]:
    def change(made: Any) -> None:
        for step in place:
            made = made[step]
        made.update(parts)

    return change


MODELS: dict[str, Callable[[Any], object]] = {
    "another model in its requests": rule("properties", "model", const=SHIPPED),
    "a file behind its rule": rule("properties", "prompt", **{"$ref": "file:///etc/passwd"}),
    "an address behind its rule": rule("properties", "prompt", **{"$ref": "http://127.0.0.1:9/x"}),
    "a rule that leads to itself": rule(
        **{"$defs": {"a": {"$ref": "#/$defs/a"}}, "allOf": [{"$ref": "#/$defs/a"}]}
    ),
    "the whole as a rule of a part": rule("properties", "prompt", **{"$ref": "#"}),
    "a pattern without an end": rule("properties", "prompt", pattern="^(a+)+$"),
    "patterns of names": rule(patternProperties={"^(a+)+$": {}}),
    "a dialect of its own": rule("properties", "prompt", **{"$dynamicRef": "#x"}),
    "where it is asked": rule("x-seedspec", origins={"api": {"url": "https://evil.example"}}),
    "an address": rule("x-seedspec", base_url="https://evil.example"),
    "a remedy that writes": rule("properties", "prompt", **{"x-seedspec": {"instead": {"any": ["^(a+)+$", "x", "y"]}}}),
    "another provider": rule("x-seedspec", provider="other"),
    "an id that is a path": rule("x-seedspec", model="../evolink/x"),
    "a title that steers": rule(title="\x1b[2J"),
    "nothing": lambda made: made.clear(),
}  # fmt: skip


@pytest.mark.parametrize("case", MODELS)
@pytest.mark.sampled(3)
def test_a_hostile_model_file_is_named_and_the_rest_is_usable(case: str, clone: Path, say: Say) -> None:
    made = model("mine-1.0", "evolink")
    write(clone / "providers" / "evolink" / "mine.json", made)
    (clone / "storyboard.yaml").write_text(BOARD.format(model="mine-1.0"))
    assert say("check")[0] == 0  # until it is changed
    MODELS[case](made)
    write(clone / "providers" / "evolink" / "mine.json", made)
    (clone / "storyboard.yaml").write_text(BOARD.format(model="mine-1.0").replace("a cup", "a" * 40 + "!"))
    code, said = say("check")
    assert code == 3 and "providers/evolink/mine.json" in said, said
    (clone / "storyboard.yaml").write_text(BOARD.format(model=SHIPPED))
    code, said = say("check")
    assert code == 0 and "providers/evolink/mine.json" in said, said


CALLED = (
    "../x",
    "a/../../v1/keys",
    "a?x=1",
    "a#b",
    "/evil",
    "//evil.example/x",
    "a\n",
    "a b",
    "a/%2e%2e",
    "@evil",
    "{task}",
)


@pytest.mark.parametrize("called", CALLED)
def test_the_name_of_a_model_leads_to_no_other_place(called: str, clone: Path, say: Say) -> None:
    """A model beside a storyboard needs no trust, and its name stands in the paths of some services."""
    made = json.loads(json.dumps(sources.schemas()["fal/fal-seedance-2.0.json"]))
    made["x-seedspec"] |= {"model": "mine-1.0", "called": "vendor/app/x"}
    made["properties"]["model"]["const"] = "mine-1.0"
    write(clone / "providers" / "fal" / "mine.json", made)
    (clone / "storyboard.yaml").write_text(BOARD.format(model="mine-1.0"))
    code, said = say("provider", "preview")
    assert code == 0 and "POST https://queue.fal.run/vendor/app/x\n" in said, said
    made["x-seedspec"]["called"] = called
    write(clone / "providers" / "fal" / "mine.json", made)
    code, said = say("check")
    assert code == 3 and "providers/fal/mine.json:" in said, said
    assert say("provider", "preview")[0] == 3


def estimate(said: str) -> str:
    return next(line for line in said.splitlines() if line.startswith("estimate"))


@pytest.mark.parametrize("rate", ["0.0001", "99"])
def test_a_known_price_is_neither_lowered_nor_replaced(rate: str, clone: Path, say: Say) -> None:
    (clone / "storyboard.yaml").write_text(BOARD.format(model=SHIPPED))
    before = estimate(say("plan")[1])
    made = prices("evolink", rate, SHIPPED)
    made["models"][SHIPPED][0]["from"] = "2026-11-01"
    write(clone / "providers" / "evolink" / "prices.json", made)
    code, said = say("plan")
    assert code == 0 and estimate(said) == before and "known already" in said and SHIPPED in said


def test_a_price_of_the_folder_is_said_to_be_one(clone: Path, say: Say) -> None:
    write(clone / "providers" / "evolink" / "mine-1.0.json", model("mine-1.0", "evolink"))
    (clone / "storyboard.yaml").write_text(BOARD.format(model="mine-1.0"))
    assert "unpriced" in say("plan")[1]
    made = prices("evolink", "0.1", "mine-1.0")
    write(clone / "providers" / "evolink" / "prices.json", made)
    said = estimate(say("plan")[1])
    assert "price from this folder" in said and "~" in said
    made["unit"]["per_usd"] = "68000"
    write(clone / "providers" / "evolink" / "prices.json", made)
    assert "unpriced" in say("plan")[1]


def test_a_folder_of_the_programs_name_is_told(clone: Path, say: Say) -> None:
    (clone / "seedspec" / "evolink").mkdir(parents=True)
    (clone / "storyboard.yaml").write_text(BOARD.format(model=SHIPPED))
    code, said = say("check")
    assert code == 0 and "[seedspec-folder]" in said


# what is sent


class Server(ThreadingHTTPServer):
    """A server on loopback that keeps what it is asked, and answers by a table of paths."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str]] = []
        self.bodies: list[bytes] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        server.asked.append((self.command, self.path, str(self.headers)))
        status, headers, body = server.answers.get(self.path, (404, {}, b"{}"))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """The provider's own server, and one of somebody else."""
    both = (Server(), Server())
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in both]
    for thread in threads:
        thread.start()
    yield both
    for server, thread in zip(both, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


KEY = "sk-of-acme-1234567890"
BALANCE = (200, {}, b'{"success": true, "data": {"user": {"remaining_credits": 1000}}}')


@pytest.mark.slow
def test_the_key_goes_to_the_trusted_origin_alone(
    clone: Path, say: Say, servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = servers
    file = put(clone / "providers")
    for name in ("ACME_BASE_URL", "ACME_FILES_URL"):
        monkeypatch.setenv(name, own.url)
    monkeypatch.setenv("ACME_API_KEY", KEY)
    say("run", "--yes", "--timeout", "5")
    assert not own.asked and not other.asked  # nobody has trusted it
    monkeypatch.setenv("SEEDSPEC_TRUST", digest(file))
    calls = sources.schemas()["evolink/provider.json"]["calls"]
    create, own.answers[calls["balance"]["path"]] = calls["create"]["path"], BALANCE
    own.answers[create] = (307, {"Location": f"{other.url}{create}"}, b"")
    assert say("run", "--yes", "--timeout", "5")[0] in (5, 7, 8)
    assert [place for method, place, _ in own.asked if method == "POST"] == [create] and not other.asked
    assert all(KEY in headers and CANARY not in headers for *_, headers in own.asked)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["ark", "fal"])
def test_what_preview_shows_is_what_is_sent(
    service: str, clone: Path, say: Say, servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the byte of the body; the service then says with 429 that the balance is empty, and nothing more is sent."""
    own, _ = servers
    document = sources.schemas()[f"{service}/provider.json"]
    monkeypatch.setenv(document["origins"]["api"]["variable"], own.url)
    monkeypatch.setenv(document["auth"]["variable"], KEY)
    (clone / "storyboard.yaml").write_text(BOARD.format(model=f"{service}-seedance-2.0"))
    shown = json.loads(say("provider", "preview", "--format", "json")[1].partition("\n}")[0] + "}")
    path = shown["url"].removeprefix(own.url)
    refusal = {"error": {"code": "Unpaid"}} if service == "ark" else {"detail": "no", "error_type": "Unpaid"}
    own.answers[path] = (429, {}, json.dumps(refusal).encode())
    known = dict(document["refusals"]["by_code"], Unpaid="stop")
    real = sources.schemas
    monkeypatch.setattr(sources, "schemas", lambda: _with_codes(real(), service, known))
    code, said = say("run", "--yes", "--unpriced", "--timeout", "20")
    assert code == 5 and "Unpaid" in said, said
    posts = [n for n, (method, *_) in enumerate(own.asked) if method == "POST"]
    assert len(posts) == 1
    method, place, headers = own.asked[posts[0]]
    assert (method, place) == (shown["method"], path)
    assert own.bodies[posts[0]] == json.dumps(shown["body"], separators=(",", ":"), sort_keys=True).encode()
    for name, value in shown["headers"].items():
        assert f"{name}: {value.replace('***', KEY)}".lower() in headers.lower(), (name, headers)


def _with_codes(documents: dict[str, Any], service: str, codes: dict[str, str]) -> dict[str, Any]:
    documents[f"{service}/provider.json"]["refusals"]["by_code"] = codes
    return documents


@pytest.mark.slow
def test_no_address_of_an_answer_is_followed_with_the_key(
    clone: Path, say: Say, servers: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = servers
    file = put(clone / "providers")
    for name in ("ACME_BASE_URL", "ACME_FILES_URL"):
        monkeypatch.setenv(name, own.url)
    monkeypatch.setenv("ACME_API_KEY", KEY)
    monkeypatch.setenv("SEEDSPEC_TRUST", digest(file))
    calls, task = sources.schemas()["evolink/provider.json"]["calls"], "task-unified-1"
    own.answers[calls["balance"]["path"]] = BALANCE
    links = {"status_url": f"{other.url}/status", "url": f"{other.url}/task", "result_url": f"{other.url}/result"}
    own.answers[calls["create"]["path"]] = (200, {}, json.dumps({"id": task, "status": "pending", **links}).encode())
    ended = {"id": task, "status": "completed", "results": [f"{other.url}/video.mp4"], **links}
    own.answers[calls["read"]["path"].replace("{task}", task)] = (200, {}, json.dumps(ended).encode())
    say("run", "--yes", "--timeout", "20")
    assert [place for _, place, _ in other.asked if place != "/video.mp4"] == [] and other.asked
    assert not any(KEY in headers or CANARY in headers or "uthorization" in headers for *_, headers in other.asked)
