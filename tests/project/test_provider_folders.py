"""Files of providers in folders: which are read, in which order, and everything that is wrong with them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import lookups
import pytest

from seedspec.catalog.user_files import UserFile
from seedspec.project import provider_judging, sources
from seedspec.project.provider_files import file_of, files_beside, files_in, own_files, read_provider_file
from seedspec.project.reading import Reading

MODEL = "evolink/seedance-2.0-reference-to-video.json"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "film").mkdir()
    monkeypatch.chdir(tmp_path / "film")
    return tmp_path / "film"


def put(folder: Path, **files: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in files.items():
        text = document if isinstance(document, str) else json.dumps(document, indent=1)
        (folder / f"{name}.json").write_text(text)
    return folder


def told(files: list[UserFile]) -> list[tuple[str, str, str, str]]:
    return [(f.folder, f.name, f.shown, f.fault) for f in files]


def test_the_folders_of_providers_are_read_in_order(here: Path) -> None:
    put(here / "providers" / "b", provider={"id": "b"}, prices={})
    put(here / "providers" / "a", model={"x": 1}, provider={"id": "a"})
    put(here / "providers" / ".hidden", provider={})
    (here / "providers" / "a" / "notes.txt").touch()
    (here / "providers" / "a" / ".x.json").touch()
    (here / "providers" / "file.json").touch()
    reading = Reading()
    found = files_beside(here, reading)
    assert told(found) == [
        ("a", "model.json", "providers/a/model.json", ""), ("a", "provider.json", "providers/a/provider.json", ""),
        ("b", "prices.json", "providers/b/prices.json", ""), ("b", "provider.json", "providers/b/provider.json", ""),
    ]  # fmt: skip
    assert all(f.beside for f in found) and found[1].document == {"id": "a"}
    assert found[1].digest == hashlib.sha256((here / "providers/a/provider.json").read_bytes()).hexdigest()
    assert reading.folders == {here / "providers"} and here / "providers/b/prices.json" in reading.asked
    assert files_beside(here.parent / "none") == [] == own_files()
    mine = here.parent / "config" / "seedspec" / "providers"
    put(mine / "c", provider={"id": "c"}, prices={})
    assert told(own_files()) == [("c", "provider.json", f"{mine}/c/provider.json", "")] and not own_files()[0].beside


def test_no_link_beside_a_storyboard_is_followed(here: Path) -> None:
    real = put(here / "real", provider={"id": "a"})
    (here / "providers").mkdir()
    (here / "providers" / "a").symlink_to(real)
    put(here / "providers" / "b")
    (here / "providers" / "b" / "provider.json").symlink_to(real / "provider.json")
    link = "it is a symbolic link, or below one, so it is not read"
    assert told(files_beside(here)) == [
        ("a", "provider.json", "providers/a", "it is a symbolic link, so it is not read"),
        ("b", "provider.json", "providers/b/provider.json", link),
    ]
    below = read_provider_file(here / "providers" / "a" / "provider.json", "x", beside=True)
    assert below.fault == link and read_provider_file(real / "provider.json", "x", beside=True).fault == ""
    assert told(list(files_in(here / "providers" / "a", "x", beside=False))) == [
        ("a", "provider.json", "x/provider.json", "")
    ]
    (here / "other").mkdir()
    (here / "other" / "providers").symlink_to(here / "providers")
    assert files_beside(here / "other") == []


def test_a_file_that_cannot_be_read_says_why(here: Path) -> None:
    folder = put(here / "a")
    (folder / "large.json").write_bytes(b" " * (512 * 1024 + 1))
    (folder / "prices.json").write_bytes(b"{}" + b" " * 512 * 1024)
    (folder / "dir.json").mkdir()
    assert told(list(files_in(folder, "a", beside=True))) == [
        ("a", "dir.json", "a/dir.json", "is no regular file, so it is not read"),
        ("a", "large.json", "a/large.json", "has more than 524,288 bytes, so it is not read"),
        ("a", "prices.json", "a/prices.json", ""),
    ]
    broken = file_of(b'{"a": 1,\n "a": }', "a", "x.json", "a/x.json", beside=False)
    assert broken.document is None and broken.fault and broken.fault_at and broken.text.startswith('{"a"')


def acme(**more: Any) -> dict[str, Any]:
    return lookups.provider("none", **more)


def judged(*names: str) -> list[str]:
    files = [f for name in names for f in provider_judging.files_of(name)]
    return [f"{d.span} {d.code} {d.message}" for d in provider_judging.judge(files)]


def test_a_provider_is_found_by_path_by_folder_and_by_id(here: Path) -> None:
    put(here / "providers" / "acme", provider=acme())
    put(here.parent / "config" / "seedspec" / "providers" / "mine", provider=acme(id="mine"))

    def found(name: str) -> list[str]:
        return [f.shown.replace(str(here.parent), "") for f in provider_judging.files_of(name)]

    assert found("providers/acme/") == found("acme") == ["providers/acme/provider.json"]
    assert found("providers/acme/provider.json") == ["providers/acme/provider.json"]
    assert found("mine") == ["/config/seedspec/providers/mine/provider.json"]
    assert found("no") == found("providers/no") == []
    assert [n.rsplit("/", 1)[1] for n in found("fal")] == sorted(
        p.removeprefix("fal/") for p in sources.schemas() if p.startswith("fal/")
    )
    assert provider_judging.known_ids() == ["acme", "mine", "ark", "evolink", "fal"]


def test_what_ships_has_no_fault() -> None:
    for name in ("ark", "evolink", "fal"):
        assert judged(name) == []


def model(**own: Any) -> dict[str, Any]:
    made = json.loads(json.dumps(sources.schemas()[MODEL]))
    made["x-seedspec"]["model"] = made["properties"]["model"]["const"] = "acme-1.0"
    made["x-seedspec"] |= {"provider": "acme", **own}
    return dict(made)


AT = "providers/acme"
NO_VARIABLE = "is no variable of `other`; expected"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"provider": acme()}, []),
        ({"provider": "{"}, [f"{AT}/provider.json:1:2 provider-file it is no JSON: unexpected end of data"]),
        ({"provider": acme(id="other")}, [
            f"{AT}/provider.json:3:8 provider-file it is `other`, and its folder is `acme`; expected the same name",
            f"{AT}/provider.json:9:16 provider-file `ACME_BASE_URL` {NO_VARIABLE} `OTHER_…URL`",
            f"{AT}/provider.json:14:15 provider-file `ACME_API_KEY` {NO_VARIABLE} `OTHER_…KEY` or `OTHER_…TOKEN` or "
            "`OTHER_…SECRET`",
        ]),
        ({"provider": acme(), "prices": {"provider": "other"}}, [
            f"{AT}/prices.json:1:1 missing-key key `models` is missing",
            f"{AT}/prices.json:1:1 missing-key key `seedspec_prices` is missing",
            f"{AT}/prices.json:1:1 missing-key key `unit` is missing",
            f"{AT}/prices.json:2:14 provider-file expected the name of its folder, `acme`",
        ]),
        ({"prices": []}, [
            f"{AT}/prices.json:1:1 provider-file it is no price file: not JSON, or more than a price file has"
        ]),
        ({"model": model()}, [
            f"{AT}/model.json:1:1 provider-file its provider `acme` is not known, or its `provider.json` cannot be used"
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(here: Path, files: dict[str, Any], said: list[str]) -> None:
    put(here / "providers" / "acme", **files)
    assert judged("acme") == said


def test_a_model_that_ships_has_one_owner(here: Path) -> None:
    put(here / "providers" / "acme", provider=acme(), model=json.dumps(sources.schemas()[MODEL]))
    *body, folder, known = judged("acme")
    assert len(body) == 7 and body[0].endswith(
        'no part of the body of `create` in `provider.json` sends it; expected `{"$get": "image_urls"}` there'
    )
    assert folder.endswith("provider-file expected the name of its folder, `acme`")
    assert known.endswith(
        f"model `seedance-2.0-reference-to-video` is known by `{MODEL}` of seedspec itself already; nothing takes its "
        "place: remove this file, or give it another id"
    )


def test_a_file_that_is_judged_alone_is_told_of_alone(here: Path) -> None:
    put(here / "providers" / "acme", provider=acme(), model={"x": 1})
    assert judged("providers/acme/provider.json") == []
    assert judged("providers/acme/model.json") != []


def test_a_provider_of_the_user_has_one_owner(here: Path) -> None:
    mine = put(here.parent / "config" / "seedspec" / "providers" / "acme", provider=acme())
    put(here / "providers" / "acme", provider=acme())
    assert judged("providers/acme") == [
        f"{AT}/provider.json:3:8 provider-file at `id`: provider `acme` is known by `{mine}/provider.json` already; "
        "nothing takes its place: remove this file, or give it another id"
    ]
    assert judged(str(mine)) == []
