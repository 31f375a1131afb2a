"""An entry and its address as values: read, printed, compared, and what stands in a request."""

from __future__ import annotations

import pytest
from boards import MODEL, compiled

from seedspec.compiler.address import Address, matches, parse, pattern, shot_of, variant_of
from seedspec.compiler.entry import frame_words, identity_of, put, taken_from, upstream_in
from seedspec.compiler.filename import LONGEST, is_device, is_folder, same
from seedspec.compiler.named import axes_of, columns_of, fault_of, swept_by
from seedspec.compiler.storyboard.expect import Expectation, Expected, merge_expected
from seedspec.text.source import Source

MADE = compiled(f"""\
seedspec: 1
model: {MODEL}
references: {{hero: {{image: https://cdn.example.com/a.png}}, own: {{image: assets/hero.png}}}}
matrix:
  axes:
    look: {{noir: {{words: dark, tone: low}}, soft: {{words: warm light, tone: high}}}}
    ad: [{{id: A1, kind: k, note: 'x y'}}, {{id: A2, kind: l}}]
shots:
  - {{id: a, tags: [hot], attach: [hero, own], prompt: "{{{{ look.words }}}}{{{{ look.tone }}}}{{{{ ad.kind }}}}"}}
  - {{id: b, attach: [hero], prompt: x, matrix: {{only: [look]}}, duration: 4}}
  - {{id: c, model: seedance-2.0-text-to-video, prompt: x, matrix: {{only: []}}}}
""")
A, B, C = (next(e for e in MADE.entries if e.shot == shot) for shot in "abc")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a/1", Address("a", (), 1)),
        ("a@look=noir/12", Address("a", (("look", "noir"),), 12)),
        ("a@look=noir,ad=A=1/2", Address("a", (("look", "noir"), ("ad", "A=1")), 2)),
        ("a", None), ("a/", None), ("/1", None), ("a/x", None), ("a/-1", None), ("a/٣", None), ("a@/1", None),
        ("", None),
        ("a@look/1", None), ("a@look=/1", None), ("a@=noir/1", None), ("@look=noir/1", None), ("a@look=noir,/1", None),
    ],
)  # fmt: skip
def test_an_address_is_read_or_refused(text: str, address: Address | None) -> None:
    if address is None:
        with pytest.raises(ValueError, match=r"^`.*` is no (address of an entry|axis=label)$"):
            parse(text)
    else:
        assert parse(text) == address
        assert str(address) == text


def test_an_address_is_printed() -> None:
    address = Address("a", (("look", "a:b"), ("ad", "A1")), 3)
    assert str(address) == "a@look=a:b,ad=A1/3"
    assert address.variant == variant_of("a", address.labels) == "a@look=a:b,ad=A1"
    assert address.file == "a@look=axb,ad=A1_take3.mp4"
    assert pattern("a%", ("x%", "y")) % ("1", "2", 3) == "a%@x%=1,y=2/3"
    assert pattern("a", ()) % (7,) == "a/7"
    assert [shot_of(t) for t in ("a@look=noir/1", "a/1", "a", "a/b@c")] == ["a"] * 4


@pytest.mark.parametrize(
    ("prefix", "meant"),
    [("a@look=noir,ad=A1/1", True), ("a@look=noir,ad=A1", True), ("a@look=noir", True), ("a", True), ("a@look", False),
     ("a@look=no", False), ("b", False), ("a@look=noir,ad=A1/", False)],
)  # fmt: skip
def test_a_prefix_ends_where_a_part_begins(prefix: str, meant: bool) -> None:
    assert matches(prefix, "a@look=noir,ad=A1/1") == meant


def test_what_an_entry_says_of_itself() -> None:
    assert MADE.ok and [e.address for e in MADE.entries][:2] == ["a@look=noir,ad=A1/1", "a@look=noir,ad=A2/1"]
    assert repr(A) == f"Entry('a@look=noir,ad=A1/1', {A.fingerprint[:12]}…)"
    assert A.labels == (("look", "noir"), ("ad", "A1")) and C.labels == ()
    assert dict(A.columns) == {"look.words": "dark", "look.tone": "low", "ad.id": "A1", "ad.kind": "k"}
    names = ("look", "ad", "look.words", "ad.kind", "ad.note", "ad.zzz", "zzz", "zzz.a", "model", "model.x")
    assert [A.value_of(n) for n in names] == ["noir", "A1", "dark", "k", None, None, None, None, MODEL, None]
    assert (A.variant, A.file, A.tags, B.tags) == (
        "a@look=noir,ad=A1", "a@look=noir,ad=A1_take1.mp4", ("hot",), ()
    )  # fmt: skip
    assert (A.says("duration"), B.says("duration"), A.says("zzz")) == (5, 4, None)
    assert [(m.number, m.place, m.source, m.item) for m in A.media] == [
        (1, "image_urls[0]", "url", "https://cdn.example.com/a.png"),
        (2, "image_urls[1]", "file", "1" * 64),
    ]
    assert taken_from(A.request, A.media[1]) == "sha256:" + "1" * 64
    request = dict(A.request)
    put(request, A.media[1], "https://x.test/b")
    assert request["image_urls"] == ["https://cdn.example.com/a.png", "https://x.test/b"] != A.request["image_urls"]
    assert A.upstream == () and A.waits == ()
    for shown in (repr(A.base), repr(A.media[0])):
        assert "\n" not in shown and len(shown) < 2000


def test_a_picture_of_a_video_has_an_identity_of_its_own() -> None:
    fp = "f" * 64
    assert identity_of(fp) == f"entry:{fp}" and identity_of(fp, "last") == f"frame:last:entry:{fp}"
    assert upstream_in(identity_of(fp)) == (fp, "") and upstream_in(identity_of(fp, "1500")) == (fp, "1500")
    assert [upstream_in(x) for x in (5, None, "entry:f", f"x{identity_of(fp)}", f"frame:zzz:entry:{fp}")] == [None] * 5
    assert [frame_words(f) for f in ("first", "last", "1500", "2000")] == [
        "first frame", "last frame", "frame at 1.5 s", "frame at 2 s"
    ]  # fmt: skip


def test_what_is_named_like_an_axis() -> None:
    entries = MADE.entries
    assert axes_of(entries) == ["look", "ad"] and axes_of([C]) == []
    assert swept_by(entries) == ["look", "ad", "model"] and swept_by([A, B]) == ["look", "ad"]
    assert columns_of(entries) == ["look.tone", "ad.kind"]
    assert columns_of(entries, tables_only=True) == ["ad.kind"]
    assert [fault_of(name, entries) for name in ("look", "ad", "look.tone", "ad.kind", "ad.id")] == [""] * 5
    assert fault_of("model", entries, ["model"]) == ""
    faults = {
        "ad.note": "column `ad.note` cannot be named like an axis: row `A1` holds in it what is no label",
        "ad.kin": "no column `kin` of axis `ad`; did you mean `kind`?",
        "ad.zzz": "no column `zzz` of axis `ad`; expected `id`, `kind` or `note`",
        "kind": "no axis `kind`; did you mean the column `ad.kind`?",
        "lok": "no axis `lok`; did you mean `look`?",
        "lok.tone": "no axis `lok.tone`; did you mean `look`?",
        "zzz": "no axis `zzz`; the storyboard has `look` or `ad`",
    }
    assert {name: fault_of(name, entries) for name in faults} == faults
    bare = compiled(f"seedspec: 1\nmodel: {MODEL}\nmatrix: {{axes: {{look: [noir]}}}}\nshots: [{{id: a, prompt: x}}]\n")
    assert fault_of("look.x", bare.entries) == "no column `x` of axis `look`; its labels have no columns"


def test_names_that_every_file_system_takes() -> None:
    devices = (
        "con",
        "CON",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        "com0",
        "com9",
        "lpt1",
        "com¹",
        "lpt³",
        "nul.txt",
        "con .x",
    )
    assert all(map(is_device, devices))
    assert not any(map(is_device, ("cons", "com", "com10", "lpt", "x.con", "")))
    folders = ("out", "out/put", "a b", "é", "o" * LONGEST, "a//b", "a/")
    assert [f for f in folders if not is_folder(f)] == []
    wrong = [*'<>:"\\|?*', "", "/a", "a\tb", ".a", "a/.b", "..", " a", "a/ b", "-a", "~a", "a.", "a ", "a/b.", "a$b"]
    wrong += ["con", "a/nul.x", "GIT~1", "git~12", "o" * (LONGEST + 1), "é" * 116]
    assert [f for f in wrong if is_folder(f)] == []
    assert is_folder("git~") and is_folder("é" * 115)
    assert same("Ä") == same("a\u0308") == "ä"


def test_the_nearest_word_on_a_measure_counts() -> None:
    here = Source("s.yaml", "x").span(0, 1)
    one, other = Expectation("cuts", here, least=1), Expectation("black", here, most=0.5)
    nearer = Expectation("cuts", here, least=2, most=3)
    assert [str(e) for e in (one, other, nearer)] == ["at least 1", "at most 0.5", "2 to 3"]
    layers = [Expected({"cuts": one, "black": other}), Expected({"cuts": nearer}), Expected({}, {"black": here})]
    assert merge_expected(layers) == (nearer,)
    assert merge_expected(layers[:2]) == (nearer, other) and merge_expected([]) == ()
    assert merge_expected([Expected({}, {"cuts": here}), layers[0]]) == (one, other)
