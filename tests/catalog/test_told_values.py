"""What is told of a value that is none of those allowed, as whole sentences: choices, amounts, and names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sentences import shown, table

from seedspec.catalog.choice import remedy_for_choice
from seedspec.catalog.form import amount_of, items_of, name_for, remedy_for_type

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"]
LINES = ["480p", "720p", "1080p"]


SHAPES = """
portrait vertical tall upright story stories reel reels shorts landscape horizontal wide widescreen square cinematic
cinema cinemascope ultrawide anamorphic scope auto automatic any match original source keep same input smart
"""
OF_RATIOS: list[object] = [
    *SHAPES.split(), "ultra wide", "16x9", "16×9", "16*9", "16/9", "16-9", "16_9", "16 : 9", "16 by 9", "16 to 9",
    "16 9", "16∶9", "1.78", "1,78", 1.78, 1.77, 1.7777, 1.7778, 1.779, "1.7", "1.8", "1.78:1", "1.33:1", "2.0:1",
    "1:1.78",
    1.33, 0.56, 0.5625, 0.57, "1.0", 1, "0.0", 0.75, 2.33, 2.3334, "32:18", "1280x720", "64x36", "64x64", "65x65",
    "65:64",
    "1080x1920", "a 1280x720 picture", "landscape 16:9", "4:5", "5:4", "2:3", "9:21", "100:1", "1:100", "0:0", "16:0",
    "0:9", "1.5.5", 969, 556, 61, 60, 1269, True, None, [], "16;9", "adaptiv", "ADAPTIVE", "", " ", "12345x1",
    "0.1234567", "x" * 80, "9.0:16.0",
]  # fmt: skip
NAMED = "sd hd hdready fhd fullhd 2k qhd wqhd 4k uhd ultrahd 5k 6k 8k high highest best max maximum ultra pro full"
NAMED += " higher original low lowest draft fast min minimum preview cheap lower fastest cheapest"
OF_LINES: list[object] = [
    *NAMED.split(), "Full HD", "hd-ready", "720", 720, 720.0, "720.0", "720 p", "720P", "720i", "720px", "720 lines",
    "720 line", "720p60", "720p 30", "720p fps", "hd 720", "uhd 720p", "fhd1080", "1280x720", "1280 by 720",
    "1280:720px", "720 × 1280 pixels", "99999x720", "100000x720", "12x720", "1080", "1440p", "479p", "480p", "481p",
    "719",
    "721", "1081", "99p", "100p", "12345p", "720.5", "720q", True, None, "", "p",
]  # fmt: skip
OF_WORDS: list[tuple[object, list[object]]] = [
    ("ZH", ["en", "zh"]), ("z_h", ["en", "zh"]), ("zhh", ["zh-cn", "english"]), ("englsh", ["zh-cn", "english"]),
    ("", ["", "a"]), (7, ["7"]), (7, [7, 8]), ("720p", ["480p"]), ("16x9", ["16:9"]), ("auto", ["16:9", "4:3"]),
    ("auto", ["16:9", "4:3", "a", "b"]), ("square", ["16:9", "4:3"]), ("portrait", ["16:9", "4:3"]),
    ("123456:1", ["16:9", "4:3"]), ("1:123456", ["16:9", "4:3"]),
    ("1", [1]), (" 4 ", [4, 5]), ("v1", [1]), (0, [1]), ("TRUE", [True]),
    ("tall", ["16:9", "4:3", "9:16"]), ("1:2", ["16:9", "4:3"]), ("1.33", ["4:3", "133:100"]), ("1:1", ["4:3", "3:4"]),
]  # fmt: skip


def test_what_is_told_of_a_choice(expect: Expect) -> None:
    of_ratios = table((value, shown(remedy_for_choice(value, RATIOS))) for value in OF_RATIOS)
    of_lines = table((value, shown(remedy_for_choice(value, LINES))) for value in OF_LINES)
    of_words = table(([value, *allowed], shown(remedy_for_choice(value, allowed))) for value, allowed in OF_WORDS)
    expect(HERE / "choices.txt", f"{of_ratios}\n{of_lines}\n{of_words}")


YES = "yes y on true t 1 1.0 enabled enable ja oui si 是 no n off false f 0 0.0 disabled disable nein non 否"
UNITS = {
    "seconds": "s sec secs second seconds sekunden 秒 秒钟 '' ms msec millisecond milliseconds 毫秒 m min mins minute"
    " minutes 分 分钟 h b",
    "bytes": "b byte bytes k kb ki kib m mb mi mib g gb gi gib t s",
    "pixels": "px pixel pixels p",
    "frames per second": "fps hz /s frames/s s",
    "dollars": "$ usd us$ dollar dollars eur",
    "credits": "credit credits usd",
    "LUFS": "lufs lkfs lu db dblufs dbtp",
    "dBTP": "dbtp db dbfs lufs",
    "": "x times take takes entries cuts places s",
    "other": "other",
}
AMOUNTS: dict[str, list[str]] = {
    "seconds": ["0:05", "1:05", "01:02:03", "1:02:03.5", "100:05", "0:5", "0:05.1234567", "PT5S", "pt5", "PT5M", "5.",
        "+5",
                "-5 s", "5 . 5", "1_000 ms", "5²", "½", "٥ s", "s 5", "$5", "5 s s", "1e3", "1.123456789",
                "1.1234567890",
                "123456789012345", "1234567890123456", "5,5", "5s.", "", " "],
    "dollars": ["$15", "$ 15", "15 $", "$15 usd", "us$15", "-$5", "1,5", "1.5"],
}  # fmt: skip


def test_an_amount_is_read_with_its_unit(expect: Expect) -> None:
    rows = [
        (f"6{word}", unit, str(amount_of(f"6{word}", unit))) for unit, words in UNITS.items() for word in words.split()
    ]
    rows += [(text, unit, str(amount_of(text, unit))) for unit, texts in AMOUNTS.items() for text in texts]
    expect(HERE / "amounts.txt", "".join(f"{unit}: {text}: {found}\n" for text, unit, found in rows))


TEXTS = {"items": {"type": "string"}}
FORMS: list[tuple[object, list[str], dict[str, object], str]] = [
    *((word, ["boolean"], {}, "") for word in YES.split()),
    *((value, ["boolean"], {}, "") for value in (" True ", "TRUE", 1, 0, 1.0, 2, "maybe", [], None)),
    ("5", ["integer"], {}, ""), ("-5", ["integer"], {}, ""), ("5.0", ["integer"], {}, ""), ("5.5", ["integer"], {}, ""),
    ("5.5", ["number"], {}, ""), ("5.25s", ["number"], {}, "seconds"), ("5x", ["integer"], {}, ""),
    ("5s", ["integer"], {}, "seconds"), ("5 s", ["integer", "number"], {}, "seconds"),
    ("5,5", ["number"], {}, "dollars"),
    ("4", ["integer"], {"minimum": 4}, ""), ("3", ["integer"], {"minimum": 4}, ""),
    ("15", ["integer"], {"maximum": 15}, ""),
    ("16", ["integer"], {"maximum": 15}, ""), ("4s", ["integer"], {"minimum": 5, "maximum": 9}, "seconds"),
    *((word, ["integer"], {}, "") for word in ("zero", "Seven takes", "fifteen", "sixteen", "fünfzehn", "null", "三",
    "〇",
                                               "十", "many", "", "six of them")),
    (5.5, ["integer"], {}, ""), (-5.5, ["integer"], {}, ""), (5.5, ["number"], {}, ""),
    (5.5, ["integer", "number"], {}, ""),
    (1e9, ["integer"], {}, ""), (999_999_999.5, ["integer"], {}, ""), (-1e9, ["integer"], {}, ""),
    (5, ["string"], {}, ""), (5.5, ["string"], {}, ""), (True, ["string"], {}, ""),
    (True, ["string", "boolean"], {}, ""),
    (5, ["string", "number"], {}, ""), (5, ["string", "array"], {}, ""), (None, ["string"], {}, ""),
    (5, ["array"], TEXTS, ""), ("noir", ["array"], TEXTS, ""), (" noir, pastel", ["array"], TEXTS, ""),
    ("noir;pastel", ["array"], TEXTS, ""), ("noir pastel", ["array"], TEXTS, ""),
    ("noir,  pastel", ["array"], TEXTS, ""),
    ("noir", ["array"], {"items": {}}, ""), ("noir", ["array"], {"items": {"type": "object"}}, ""),
    ("noir", ["array"], {}, ""),
    ("noir", ["array"], {"items": True}, ""), ("noir", ["array", "null"], TEXTS, ""), ("1noir", ["array"], TEXTS, ""),
    ("a" * 40, ["array"], TEXTS, ""), ("a" * 41, ["array"], TEXTS, ""), (",".join("abcdefghij"), ["array"], TEXTS, ""),
    (",".join("abcdefghijk"), ["array"], TEXTS, ""), ("a-b_1", ["array"], TEXTS, ""), ("noir", ["object"], TEXTS, ""),
]  # fmt: skip


def test_what_is_told_of_a_value_of_another_type(expect: Expect) -> None:
    rows = (([v, *types, rule, unit], shown(remedy_for_type(v, types, rule, unit))) for v, types, rule, unit in FORMS)
    expect(HERE / "forms.txt", table(rows))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a, b", "a b"), ("a;b", "a b"), ("a|b", "a b"), ("a、b，c；d", "a b c d"), ("a", ""), ("a,", ""),
        ("a b, c", ""),
        ("a.b-c:d_e, f", "a.b-c:d_e f"), (f"{'a' * 40},b", f"{'a' * 40} b"), (f"{'a' * 41},b", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_list_in_a_text_has_items(text: str, items: str) -> None:
    assert items_of(text) == items.split()


DASHED, JOINED, COLONS = r"[a-z0-9][a-z0-9-]{0,9}", r"[a-z][a-z0-9_]{0,9}", r"[a-z0-9][a-z0-9.:-]{0,9}"
NAMES = [
    "Shot 1", "a  b", "ø æ œ đ ł", "þð ı", "ÉÈ", "镜头 3", "镜头", "сцена", "12", "1:2", "...", "", "🎬", "a.b:c",
    "a:-b", "a-.b", "-a-", "A_B", "abcdefghijkl", "abcdefghi jk", "2nd", "½", "a/b", "_", "9", "É",
]  # fmt: skip


def test_a_name_is_made_of_a_text_or_of_a_stem(expect: Expect) -> None:
    rows = ((text, ", ".join(str(name_for(text, p, "shot", 7)) for p in (DASHED, JOINED, COLONS))) for text in NAMES)
    expect(HERE / "names.txt", table(rows))
    assert name_for("a", "[0-9]+", "shot", 7) is None
