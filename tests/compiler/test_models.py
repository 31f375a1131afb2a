"""Which model makes a video: from each place that may say so, and what is said of mistakes in it."""

from __future__ import annotations

import pytest
from siblings import FAST, MINI, SHIPPED, siblings

from seedspec.compiler.entry import Entry
from seedspec.compiler.references.context import Inputs
from seedspec.compiler.request.expand import expand
from seedspec.compiler.storyboard.profile import with_profile
from seedspec.compiler.storyboard.reader import storyboard_of
from seedspec.text.diagnostic import Diagnostic, Problems
from seedspec.text.yaml import parse, source_of

CATALOG = siblings()
HEAD = "seedspec: 1\nreferences: {hero: {image: https://a.example/x.png}}\n"
SHOT = "{id: a, prompt: \"{{ ref('hero') }} walks\"}"
ONE = f"shots: [{SHOT}]\n"
AXIS = f"matrix: {{axes: {{model: {{std: {SHIPPED}, fast: {FAST}, mini: {MINI}}}}}}}\n"


def made(text: str, profile: str = "") -> tuple[tuple[Entry, ...], list[Diagnostic]]:
    problems = Problems()
    source = source_of("storyboard.yaml", (HEAD + text).encode(), problems)
    node = parse(source, problems) if source else None
    board = storyboard_of(node, CATALOG, "storyboard", problems) if node else None
    assert board is not None
    entries = tuple(expand(with_profile(board, profile), Inputs(lambda t, k: "none", {}.get), problems).entries())
    return entries, list(problems)


def models(text: str, profile: str = "") -> dict[str, str]:
    """The model of each entry by its address, of a storyboard without any finding."""
    entries, found = made(text, profile)
    assert found == []
    return {e.address: e.model.id for e in entries}


def mistake(text: str, profile: str = "") -> tuple[str, str, str]:
    """The code, what is pointed at, and all that is said of the one mistake."""
    found = [d for d in made(text, profile)[1] if d.severity == "error"]
    assert len(found) == 1, found
    (one,) = found
    assert one.span is not None
    return one.code, one.span.text, "\n".join([one.message, *(n.message for n in one.notes)])


def test_an_axis_is_the_model_and_none_is_needed_at_the_top() -> None:
    entries, found = made(AXIS + ONE)
    assert found == []
    assert [(e.address, e.model.id, e.prompt) for e in entries] == [
        ("a@model=std/1", SHIPPED, "image 1 walks"),
        ("a@model=fast/1", FAST, "image 1 walks"),
        ("a@model=mini/1", MINI, "picture 1 walks"),
    ]
    assert [e.request["quality"] for e in entries] == ["720p", "480p", "720p"], "each has its own model's defaults"
    assert "generate_audio" not in entries[1].request and entries[1].base.left_out == ()


def test_the_fingerprint_has_the_id_and_never_the_label() -> None:
    under_label = {e.model.id: e.fingerprint for e in made(AXIS + ONE)[0]}
    ids = made(f"matrix: {{axes: {{model: [{SHIPPED}, {FAST}]}}}}\n{ONE}")[0]
    assert {e.model.id: e.fingerprint for e in ids}.items() <= under_label.items()
    alone = made(f"model: {FAST}\n{ONE}")[0]
    assert alone[0].fingerprint == under_label[FAST]


@pytest.mark.parametrize(
    ("text", "profile", "expected"),
    [
        (f"model: {SHIPPED}\nshots: [{SHOT}, {{id: b, model: {FAST}, prompt: \"{{{{ ref('hero') }}}} b\"}}]\n", "",
         {"a/1": SHIPPED, "b/1": FAST}),
        (f"model: {SHIPPED}\nmatrix: {{axes: {{tier: {{cheap: {{model: {FAST}}}, good: {{quality: 720p}}}}}}}}\n{ONE}",
         "", {"a@tier=cheap/1": FAST, "a@tier=good/1": SHIPPED}),
        (f"model: {SHIPPED}\nmatrix: {{axes: {{ad: [{{id: A1, model: {FAST}}}, {{id: A2, quality: 480p}}]}}}}\n{ONE}",
         "", {"a@ad=A1/1": FAST, "a@ad=A2/1": SHIPPED}),
        (f"model: {SHIPPED}\nmatrix: {{axes: {{look: [x, y]}}}}\noverrides: [{{when: {{look: y}}, model: {FAST}}}]\n"
         "shots: [{id: a, prompt: \"{{ ref('hero') }} {{ look }}\"}]\n", "",
         {"a@look=x/1": SHIPPED, "a@look=y/1": FAST}),
        (f"model: {SHIPPED}\nprofiles: {{draft: {{model: {FAST}}}}}\n{ONE}", "draft", {"a/1": FAST}),
        (f"model: {SHIPPED}\nprofiles: {{draft: {{model: {FAST}}}}}\n{ONE}", "", {"a/1": SHIPPED}),
        (f"matrix: {{axes: {{model: [{SHIPPED}]}}, include: [{{model: {FAST}}}]}}\n{ONE}", "",
         {f"a@model={SHIPPED}/1": SHIPPED, f"a@model={FAST}/1": FAST}),
        (f"profiles: {{draft: {{model: {FAST}}}}}\nmodel: {SHIPPED}\nmatrix: {{axes: {{tier: {{a: {{model: {MINI}}},"
         f" b: {{model: {SHIPPED}}}}}}}}}\n{ONE}", "draft", {"a@tier=a/1": FAST, "a@tier=b/1": FAST}),
        (f"shots: [{{id: a, model: {FAST}, prompt: \"{{{{ ref('hero') }}}}\"}}]\n", "", {"a/1": FAST}),
    ],
)  # fmt: skip
def test_every_place_that_sets_a_field_may_name_a_model(text: str, profile: str, expected: dict[str, str]) -> None:
    entries, found = made(text, profile)
    assert [d for d in found if d.severity == "error"] == []
    assert {e.address: e.model.id for e in entries} == expected


def test_an_override_holds_for_a_label_of_the_axis_and_for_the_id_where_there_is_no_axis() -> None:
    by_label = made(AXIS + "overrides: [{when: {model: [fast, mini]}, duration: 4}]\n" + ONE)[0]
    assert [e.request["duration"] for e in by_label] == [5, 4, 4]
    text = f"model: {SHIPPED}\nprofiles: {{draft: {{model: {FAST}}}}}\n"
    text += f"overrides: [{{when: {{model: {FAST}}}, duration: 4}}]\n"
    assert made(text + ONE, "draft")[0][0].request["duration"] == 4, "the model is known before such overrides are"
    assert made(text + ONE)[0][0].request["duration"] == 5


def test_a_field_of_defaults_that_a_model_lacks_is_left_out_and_a_nearer_one_is_an_error() -> None:
    entries, found = made("defaults: {generate_audio: false}\n" + AXIS + ONE)
    assert found == []
    assert [e.base.left_out for e in entries] == [(), ("generate_audio",), ()]
    near = "shots: [{id: a, generate_audio: false, prompt: \"{{ ref('hero') }} walks\"}]\n"
    code, at, said = mistake(AXIS + near)
    assert (code, at) == ("model-lacks-field", "false")
    assert f"`{SHIPPED}`" in said and f"`{MINI}`" in said
    assert "`overrides: [{when: {model: fast}, generate_audio: null}]`" in said
    mended = "overrides: [{when: {model: fast}, generate_audio: null}]\n"
    assert [e.request.get("generate_audio") for e in made(mended + AXIS + near)[0]] == [False, None, False]


def test_null_means_that_a_field_is_not_sent() -> None:
    entries, found = made(
        f"model: {SHIPPED}\nprofiles: {{bare: {{aspect_ratio: null, duration: null}}}}\n{ONE}", "bare"
    )
    assert found == []
    assert entries[0].request.keys() == {"model", "prompt", "image_urls", "quality", "generate_audio"}
    assert entries[0].cost == made(f"model: {SHIPPED}\n{ONE}")[0][0].cost, "the model's own length is paid for"
    code, at, said = mistake(f"model: {MINI}\nprofiles: {{bare: {{quality: null}}}}\n{ONE}", "bare")
    assert (code, at) == ("field-needed", "null") and "quality" in said


SWEPT = f"matrix: {{axes: {{model: {{std: {SHIPPED}, fast: {FAST}}}, look: [x, y]}}}}\n"
READS = "prompt: \"{{ ref('hero') }} {{ look }}\""


@pytest.mark.parametrize(
    ("text", "profile", "code", "at", "words"),
    [
        (f"matrix: {{axes: {{model: [test-faast-video, {SHIPPED}]}}}}\n{ONE}", "", "unknown-model", "test-faast-video",
         [f"did you mean `{FAST}`"]),
        (f"matrix: {{axes: {{model: [std, {SHIPPED}]}}}}\n{ONE}", "", "unknown-model", "std", ["`model: {std: "]),
        (f"model: {SHIPPED}\nmatrix: {{axes: {{ad: [{{id: A1, model: nothing}}, {{id: A2, duration: 4}}]}}}}\n{ONE}",
         "", "unknown-model", "nothing", ["needs another name than `model`"]),
        (f"matrix: {{axes: {{model: {{std: {SHIPPED}, {FAST}: {MINI}}}}}}}\n{ONE}", "", "model-label", MINI,
         [f"`{FAST}` is the id of a model", "`mini`"]),
        (f"matrix: {{axes: {{model: {{std: {SHIPPED}, x: {{quality: 480p}}}}}}}}\n{ONE}", "", "unknown-model",
         "{quality: 480p}", ["`tier: {x: {model: ID"]),
        (f"{SWEPT}shots: [{{id: a, matrix: {{only: [look]}}, {READS}}}]\n", "", "model-missing", "a",
         ["`only` leaves"]),
        (f"profiles: {{draft: {{model: {FAST}}}}}\n{ONE}", "", "model-missing", "a", ["write `model: ID` in it"]),
        (f"{SWEPT}shots: [{{id: a, model: {FAST}, {READS}}}]\n", "", "field-set-twice", "model",
         ["axis `model` sweeps"]),
        (f"matrix: {{axes: {{model: [{SHIPPED}, {FAST}], tier: {{a: {{model: {MINI}}}, b: {{}}}}}}}}\n{ONE}", "",
         "field-set-twice", "tier", ["axis `model` sets too"]),
        (f"{SWEPT}profiles: {{draft: {{model: {FAST}}}}}\nshots: [{{id: a, {READS}}}]\n", "draft", "field-set-twice",
         "model", ["`--select model=std`"]),
        (f"{SWEPT}overrides: [{{when: {{model: fast}}, model: {MINI}}}]\nshots: [{{id: a, {READS}}}]\n", "",
         "model-circle", "model", ["expected one of the two"]),
        (f"model: {SHIPPED}\nmatrix: {{axes: {{tier: {{x: {{model: {FAST}}}, y: {{}}}}}}}}\n"
         f"overrides: [{{when: {{tier.model: {FAST}}}, model: {MINI}}}]\n{ONE}", "",
         "model-circle", "tier.model", ["expected one of the two"]),
        (f"model: {SHIPPED}\nprofiles: {{draft: {{model: {FAST}, generate_audio: true}}}}\n{ONE}", "draft",
         "model-lacks-field", "true", ["set by profile draft", "`generate_audio: null`"]),
        (f"{SWEPT}shots: [{{id: a, {READS}}}, {{id: b, references: {{v: {{shot: a, at: {{model: quick}}}}}},"
         " prompt: \"{{ ref('v') }} {{ look }}\"}]\n", "", "unknown-label", "quick", ["label of axis `model`"]),
        (f"model: '{{{{ x }}}}'\nmatrix: {{axes: {{model: [{FAST}]}}}}\n{ONE}", "", "", "", []),
    ],
)  # fmt: skip
def test_mistakes(text: str, profile: str, code: str, at: str, words: list[str]) -> None:
    if not code:
        problems = Problems()
        source = source_of("storyboard.yaml", (HEAD + text).encode(), problems)
        node = parse(source, problems) if source else None
        assert node is not None and storyboard_of(node, CATALOG, "s", problems) is None
        assert [d.code for d in problems] == ["unknown-model"] and "is a template" in next(iter(problems)).message
        return
    found = mistake(text, profile)
    assert found[:2] == (code, at), found
    assert all(word in found[2] for word in words), found[2]


def test_a_reference_across_models_is_judged_by_both() -> None:
    shots = ("shots: [{id: o, prompt: \"{{ ref('hero') }} opens\"}, {id: p, matrix: {only: []}, model: %s,"
             " references: {v: {shot: o, at: {model: fast}%s}}, prompt: \"{{ ref('v') }} goes on\"}]\n")  # fmt: skip
    axis = f"defaults: {{quality: 480p}}\nmatrix: {{axes: {{model: {{std: {SHIPPED}, fast: {FAST}}}}}}}\n"
    entries, found = made(axis + shots % (SHIPPED, ""))
    assert found == []
    assert entries[-1].model.id == SHIPPED and entries[-1].upstream[0].key == entries[1].fingerprint
    code, at, said = mistake(axis + shots % (MINI, ""))
    assert at in ("o", "v") and "takes no videos" in said, code
    entries, found = made(axis + shots % (MINI, ", frame: last"))
    assert found == [] and entries[-1].prompt == "picture 1 goes on"


def test_a_key_without_a_value_is_not_taken_for_null() -> None:
    code, at, said = mistake(f"model: {SHIPPED}\nprofiles:\n  bare:\n    quality:\n    duration: 4\n{ONE}", "bare")
    assert (code, at) == ("wrong-type", "quality") and "`null` means" in said
