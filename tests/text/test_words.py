"""Words and characters as messages show them: what is near, what is odd, what is cut, and what steers a terminal."""

from __future__ import annotations

import pytest

from seedspec.text import later
from seedspec.text.diagnostic import did_you_mean, list_words
from seedspec.text.lookalike import name_character, odd_in, suspicious, token
from seedspec.text.mistyped import advice, unknown_word
from seedspec.text.near import fold, nearest, shorten
from seedspec.text.visible import make_printable, one_line, shown_json, strip_workflow_commands, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""), ("x" * 60, "x" * 60), ("x" * 61, "x" * 59 + "…"), ("a\nb\r\nc\rd\x0be\x85f\u2028g", "a⏎b⏎c⏎d⏎e⏎f⏎g"),
        ("a\r\n" * 30, "a⏎" * 30), ("a\r\n" * 31, "a⏎" * 29 + "a…"), ("x" * 1000, "x" * 59 + "…"),
        ("\r\n" * 120, "⏎" * 59 + "…"), ("\r\n" * 121, "⏎" * 31),
    ],
)  # fmt: skip
def test_a_text_is_shown_on_one_line_of_sixty_characters(text: str, shown: str) -> None:
    assert shorten(text) == shown


def test_a_text_is_cut_where_it_is_told() -> None:
    assert shorten("abcdef", 5) == "abcd…" and shorten("abcde", 5) == "abcde"


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("Aspect-Ratio", ["ratio", "aspect_ratio"], "aspect_ratio"),
        ("aspect ratio", ["x", "aspect.ratio"], "aspect.ratio"),
        ("ｄｕｒation", ["duration"], "duration"), ("...", ["..", "a"], ".."), ("duration", ["duration"], None),
        ("duraton", ["duration", "ratio"], "duration"), ("ratio", ["duration", "aspect_ratio"], "aspect_ratio"),
        ("aspectRatio", ["ratio", "take"], "ratio"), ("ad", ["read_ad", "x"], None),
        ("sec", ["max_sec", "other"], "max_sec"),
        ("wether", ["weather", "water"], "weather"), ("water", ["weather"], "weather"), ("abc", ["xyz"], None),
        ("", ["a"], None),
        ("x", [], None), ("url", ["image_url", "a_url_b", "video"], "a_url_b"),
        ("image_urls_of", ["image_urls", "urls_of"], "image_urls"),
        ("quality", ["equality", "quantity"], "equality"), ("promt", ["prompt", "prom"], "prompt"),
        ("seed spec", ["seedspec", "speed"], "seedspec"), ("one_two", ["two_one"], None), ("abcde", ["abxyz"], None),
        ("abcde", ["abcxy"], "abcxy"),
    ],
)  # fmt: skip
def test_the_nearest_word_is_the_one_that_is_meant_most_likely(word: str, known: list[str], near: str | None) -> None:
    assert nearest(word, known) == near
    assert did_you_mean(word, known) == (() if near is None else (f"did you mean `{near}`?",))


def test_words_are_folded_and_listed() -> None:
    assert fold("Aspect-Ratio_x.y z") == "aspectratioxyz" and fold("Ａ　Ｂ") == "ab"
    assert list_words(["a" * 70, 2]) == f"`{'a' * 59}…` or `2`"
    assert list_words(range(13)) == ", ".join(f"`{n}`" for n in range(12)) + " or 1 more"
    assert list_words(range(12)) == ", ".join(f"`{n}`" for n in range(11)) + " or `11`"


LABELS = ("noir", "pastel", "oil")


@pytest.mark.parametrize(
    ("word", "said", "notes"),
    [
        ("nior", "`nior` is no label; expected `noir`, `pastel` or `oil`", ("did you mean `noir`?",)),
        ("xyz", "`xyz` is no label; expected `noir`, `pastel` or `oil`", ()),
        ("noir, oil", "`noir, oil` is no label; `,` stands in it; expected `noir`, `pastel` or `oil`",
         ("write each by itself: `[noir, oil]`",)),
        ("noir and oil", "`noir and oil` is no label; `a` stands in it; expected `noir`, `pastel` or `oil`",
         ("write each by itself: `[noir, oil]`",)),
        ("noir、oil",
         "`noir、oil` is no label; it holds U+3001 (ideographic comma); expected `noir`, `pastel` or `oil`",
         ("write each by itself: `[noir, oil]`",)),
        ("noir,xyz", "`noir,xyz` is no label; expected `noir`, `pastel` or `oil`", ("did you mean `noir`?",)),
        ("'noir'", "`'noir'` is no label; expected `noir`, `pastel` or `oil`", ("write `noir` alone",)),
        ("!noir", "`!noir` is no label; expected `noir`, `pastel` or `oil`", ("name all the others: `[pastel, oil]`",)),
        ("not  oil", "`not  oil` is no label; expected `noir`, `pastel` or `oil`",
         ("name all the others: `[noir, pastel]`",)),
        ("*", "`*` is no label; expected `noir`, `pastel` or `oil`",
         ("leave the axis out here: a row without it holds for all of its labels",)),
        ("2", "`2` is no label; expected `noir`, `pastel` or `oil`",
         ("labels are named, not counted: the first is `noir`",)),
        ("1234", "`1234` is no label; expected `noir`, `pastel` or `oil`", ()),
    ],
)  # fmt: skip
def test_a_word_that_is_none_of_those_known(word: str, said: str, notes: tuple[str, ...]) -> None:
    assert unknown_word(word, "label", LABELS) == (said, notes)


def test_advice_depends_on_what_is_known() -> None:
    assert unknown_word("x", "axis", ()) == ("`x` is no axis; there is none", ())
    assert advice("-a", ("a",)) == () and advice("2", ()) == () and advice("2", ("1", "b")) == ()
    assert advice("not a", tuple("abcdefghijk")) == ("name all the others: `[b, c, d, e, f, g, h, i]`",)
    assert advice("a|b", ("a", "b")) == ("write each by itself: `[a, b]`",)
    assert advice("a,", ("a", "b")) == ("did you mean `a`?",)
    assert [advice(w, ("a",))[0][:5] for w in ("all", "any", "every", "ALL", "%", ".*")] == ["leave"] * 6


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (" open ", "open"), ("\u00a0open\u3000", "open"), ("o\u200bpen", "open"), ("\u201copen\u201d", "open"),
        ("'open'", "'open'"),
        ("\u2018 open \u2019", "open"),
        ("ｏｐｅｎ：１", "open:1"), ("\u201copen", "\u201copen"), ("\ufeffopen", "open"),
        ("茶", "茶"),
    ],
)  # fmt: skip
def test_one_word_is_read_without_what_is_not_seen(text: str, meant: str) -> None:
    assert token(text) == meant


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("abc", ()), ("naïve 茶", ()), ("5 €", ()), ("a\u00a0b", ("it holds U+00A0 (no-break space)",)),
        ("ａb", ("it holds U+FF41 (fullwidth latin small letter a)",)),
        ("１", ("it holds U+FF11 (fullwidth digit one)",)), ("a–b—c", ("it holds U+2013 (en dash)",)),
        ("a\x85", ("it holds U+0085 (next line)",)), ("½", ()),
        ("x²", ("it holds U+00B2 (superscript two)",)), ("°", ("it holds U+00B0 (degree sign)",)),
    ],
)  # fmt: skip
def test_a_character_that_is_taken_for_another_is_named(text: str, odd: tuple[str, ...]) -> None:
    assert odd_in(text) == odd


def test_characters_have_names_where_unicode_gives_one() -> None:
    assert [name_character(c) for c in ("\x85", "\x00", "é", "\ue000")] == [
        "U+0085 (next line)", "U+0000", "U+00E9 (latin small letter e with acute)", "U+E000",
    ]  # fmt: skip
    assert suspicious("a: é") and suspicious("a:\n * b") and not suspicious("a: b * c\n*c")


ESC = "\x1b[31m"


@pytest.mark.parametrize(
    ("text", "painted", "log", "shown"),
    [
        ("a\nb\tc", False, False, "a\nb\tc"), (f"{ESC}a\x1b[0m", False, False, "\\u001b[31ma\\u001b[0m"),
        (f"{ESC}a\x1b[0m\n", True, False, f"{ESC}a\x1b[0m\n"),
        ("\x1b[2Ja\x1b[4m", True, False, "\\u001b[2Ja\\u001b[4m"),
        ("a\u202eb\u3000c", False, False, "a\\u202eb\u3000c"),
        ("::error::x", False, False, "::error::x"), ("::error::x\n  ::y", False, True, "\\u003a:error::x\n  \\u003a:y"),
        ("a ::b", False, True, "a ::b"),
        ("##[error]x", False, True, "#\\u0023[error]x"), ("##[x", False, False, "##[x"),
        ("\U000e0041\x07", False, True, "\\udb40\\udc41\\u0007"),
    ],
)  # fmt: skip
def test_lines_are_printed_without_what_steers(text: str, painted: bool, log: bool, shown: str) -> None:
    assert make_printable(text, painted=painted, log=log) == shown


def test_commands_begin_a_line_whatever_ends_the_one_before() -> None:
    for end in ("\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"):
        assert strip_workflow_commands(f"a{end} ::b") == f"a{end} \\u003a:b"
    assert strip_workflow_commands(":a: ::") == ":a: ::"


@pytest.mark.parametrize(
    ("text", "log", "shown"),
    [
        ('{"a": "x"}', False, '{"a": "x"}'), ('{"a": "##[x"}', False, '{"a": "##[x"}'),
        ('{"a": "##[x"}', True, '{"a": "#\\u0023[x"}'),
        ('{"a": "茶"}\n', False, '{"a": "茶"}\n'), ('{"a": "\x7f"}', False, '{"a": "\\u007f"}'),
        ('{"a": "\u202e茶",\n\t"b": "\U0001f600"}', False, '{"a": "\\u202e茶",\n\t"b": "\U0001f600"}'),
        ('{"a": "\U000e0041"}', False, '{"a": "\\udb40\\udc41"}'),
    ],
)  # fmt: skip
def test_json_means_the_same_without_what_steers(text: str, log: bool, shown: str) -> None:
    assert shown_json(text.encode(), log=log) == shown.encode()


def test_a_name_is_on_one_line_and_visible() -> None:
    assert (
        visible("a\nb\x07\u00a0c") == "a⏎b\\u0007\u00a0c"
        and visible("a\u00a0b\u3000c d", spaces=True) == "a\\u00a0b\\u3000c d"
    )
    assert (
        one_line(" a\n\tb\u202ec\xadd ", 20) == "a b c d"
        and one_line("abcdef", 6) == "abcdef"
        and one_line("abcdef", 5) == "abcd…"
    )
    assert one_line(" " * 39 + "xy", 5) == "x" and one_line(" " * 40 + "y", 5) == ""


def test_a_pattern_that_is_made_later_is_one() -> None:
    found = later.pattern("a+b", 2)
    assert [found.search("xAAB").group(), found.match("b"), found.sub("-", "aab c"), found.split("1ab2")] == [
        "AAB",
        None,
        "- c",
        ["1", "2"],
    ]  # type: ignore[union-attr]
    assert (
        found.pattern == "a+b"
        and found.fullmatch("ab")
        and not found.fullmatch("abx")
        and found.findall("ab aab") == ["ab", "aab"]
    )
