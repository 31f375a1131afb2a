"""What is declared and reaches nothing is found; what reaches anything, by whatever way, is not spoken of."""

from __future__ import annotations

import pytest
from boards import MODEL, compiled

HEAD = f"seedspec: 1\nmodel: {MODEL}\n"
HERO = "references: {hero: {image: https://cdn.example.com/hero.png}}\n"
TWO = HERO[:-2] + ", x: {image: https://cdn.example.com/x.png}}\n"
UP = HERO[:-2] + ", up: {shot: b}}\n"
LOOK = "matrix: {axes: {look: {noir: {words: hard}, pastel: {words: soft}}}}\n"


def codes(text: str, profile: str = "") -> list[str]:
    return [d.code for d in compiled(HEAD + text, profile).diagnostics]


def shot(prompt: str = "", more: str = "") -> str:
    return f"shots:\n  - {{id: a, {more}prompt: \"{{{{ ref('hero') }}}} {prompt}\"}}\n"


USED = {
    "read": HERO + LOOK + shot("{{ look.words }}"),
    "read by a filter": HERO + LOOK + shot("{{ look | tojson }}"),
    "its label": HERO + "matrix: {axes: {look: [noir, pastel]}}\n" + shot("{{ label.look }}"),
    "its label by brackets": HERO + "matrix: {axes: {look: [noir, pastel]}}\n" + shot("{{ label['look'] }}"),
    "all labels": HERO + "matrix: {axes: {look: [noir, pastel]}}\n" + shot("{{ label | tojson }}"),
    "a condition": HERO + "matrix: {axes: {look: [noir, pastel]}}\n" + shot("{% if look == 'noir' %}dark{% endif %}"),
    "a loop": HERO + LOOK + shot("{% for k, v in look.items() %}{{ v }}{% endfor %}"),
    "a value that is set": HERO + LOOK + shot("{% set x = look %}{{ x.words }}"),
    "an axis named like a field": HERO + "matrix: {axes: {duration: [5, 6]}}\n" + shot(),
    "a key named like a field": HERO + "matrix: {axes: {look: {a: {duration: 5}, b: {duration: 6}}}}\n" + shot(),
    "a field": HERO + "matrix: {axes: {long: [5, 6]}}\n" + shot("", 'duration: "{{ long }}", '),
    "a field of the storyboard": HERO + 'defaults: {duration: "{{ long }}"}\nmatrix: {axes: {long: [5, 6]}}\n' + shot(),
    "a target": 'references: {hero: {image: "https://cdn.example.com/{{ look }}.png"}}\n'
    "matrix: {axes: {look: [noir, pastel]}}\n" + shot(),
    "a when": HERO
    + "matrix: {axes: {look: [noir, pastel]}}\noverrides: [{when: {look: noir}, duration: 8}]\n"
    + shot(),
    "a when of a shot": HERO
    + "matrix: {axes: {look: [noir, pastel]}}\n"
    + shot("", "overrides: [{when: {look: noir}, duration: 8}], "),
    "one shot of two": HERO + LOOK + shot("{{ look.words }}") + "  - {id: b, prompt: \"{{ ref('hero') }}\"}\n",
    "an upstream shot": "references: {hero: {image: https://cdn.example.com/hero.png}, up: {shot: a}}\n"
    + LOOK
    + "shots:\n  - {id: c, prompt: \"{{ ref('up') }}\", matrix: {axes: {}}}\n"
    + "  - {id: a, prompt: \"{{ ref('hero') }} {{ look.words }}\"}\n",
    "a reference under a condition": "references: {hero: {image: https://cdn.example.com/hero.png}}\n"
    "matrix: {axes: {look: [noir, pastel]}}\n"
    "shots:\n  - {id: a, prompt: \"{% if look == 'noir' %}{{ ref('hero') }}{% else %}{{ ref('cup') }}{% endif %}\","
    " references: {cup: {image: https://cdn.example.com/cup.png}}}\n",
    "a name that is made": "references: {noir: {image: https://cdn.example.com/a.png}, pastel: {image: https://cdn.example.com/b.png}}\n"
    'matrix: {axes: {look: [noir, pastel]}}\nshots:\n  - {id: a, prompt: "{{ ref(look) }}"}\n',
    "attached": HERO + 'shots:\n  - {id: a, attach: [hero], prompt: "image 1 walks"}\n',
    "included": HERO + "vars: {x: red}\n" + shot("{% from 'words.j2' import sky %}{{ sky(x) }}"),
    "a var in a reference nobody uses elsewhere": "vars: {host: https://cdn.example.com}\n"
    'references: {hero: {image: "{{ host }}/a.png"}}\n' + shot(),
    "an override that another row needs": HERO
    + "matrix: {axes: {duration: [5, 8], look: [a, b]}}\noverrides: [{when: {look: a}, duration: 8}]\n"
    + shot("{{ look }}"),
    "values that a label tells apart": HERO
    + "matrix: {axes: {look: {a: {words: x}, b: {words: x}}}}\n"
    + shot("{{ look.words }} {{ label.look }}"),
    "values that a when tells apart": HERO
    + "matrix: {axes: {look: {a: {words: x}, b: {words: x}}}}\noverrides: [{when: {look: a}, duration: 8}]\n"
    + shot("{{ look.words }}"),
    "words to people": HERO
    + "matrix: {axes: {look: {a: {words: x, title: X, notes: n}}}}\n"
    + shot("{{ look.words }}"),
    "an empty profile, and one that repeats": HERO + "profiles: {final: {}, same: {duration: 5, takes: 1}}\n" + shot(),
    "resolution in a mapping that is read": HERO
    + "matrix: {axes: {look: {a: {resolution: fine}}}}\n"
    + shot("{{ look.resolution }}"),
}


@pytest.mark.parametrize("text", USED.values(), ids=USED)
def test_what_is_used_is_not_spoken_of(text: str) -> None:
    assert codes(text) == []


UNUSED = {
    "reference-unused": TWO + shot(),
    "a reference in a branch that no row takes": TWO + shot("{% if 1 > 2 %}{{ ref('x') }}{% endif %}"),
    "axis-unused": HERO + LOOK + shot(),
    "axis-unused that only an upstream without it shares": UP
    + "matrix: {axes: {look: [noir, pastel]}}\nshots:\n  - {id: a, prompt: \"{{ ref('up') }}\"}\n"
    "  - {id: b, prompt: \"{{ ref('hero') }}\"}\n",
    "axis-unused that is fixed": "references: {hero: {image: https://cdn.example.com/hero.png}}\n"
    "shots:\n  - {id: b, matrix: {axes: {look: [noir, pastel]}}, prompt: \"{{ ref('hero') }} {{ look }}\"}\n"
    "  - {id: a, matrix: {axes: {look: [noir, pastel]}}, references: {up: {shot: b, at: {look: noir}}},"
    " prompt: \"{{ ref('up') }}\"}\n",
    "axis-unused by a loop's own name": HERO
    + "matrix: {axes: {look: [noir, pastel]}}\n"
    + shot("{% for look in [1] %}{{ look }}{% endfor %}"),
    "key-unused": HERO + "matrix: {axes: {look: {a: {words: x, lens: y}}}}\n" + shot("{{ look.words }}"),
    "var-unused": HERO + "vars: {brand: x}\n" + shot(),
    "var-unused beside what is included": HERO
    + "vars: {brand: x}\n"
    + shot("{% from 'words.j2' import sky %}{{ sky(1) }}"),
    "override-unused": HERO + "overrides: [{when: {duration: 5}, quality: 480p}]\nmatrix: {axes: {duration: [5, 6]}}\n"
    "shots:\n  - {id: a, matrix: {only: []}, prompt: \"{{ ref('hero') }}\"}\n",
    "override-unused for it changes nothing": HERO
    + "defaults: {generate_audio: true}\nmatrix: {axes: {look: [a, b]}}\n"
    + "overrides: [{when: {look: a}, generate_audio: true}]\n"
    + shot("{{ look }}"),
}


@pytest.mark.parametrize("text", UNUSED.values(), ids=UNUSED)
def test_what_is_unused_is_told_once(text: str, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id.split()[0]
    assert codes(text) == [name if "-" in name else "reference-unused"]


def test_findings_do_not_depend_on_the_profile() -> None:
    """A field that a profile sets hides what sets it otherwise; that is no reason to call it unused."""
    text = (
        HERO + "matrix: {axes: {long: [5, 6], look: [a, b]}}\nprofiles: {draft: {duration: 4, takes: 2}}\n"
        "overrides: [{when: {look: a}, duration: 8}]\n" + shot("{{ look }}", 'duration: "{{ long }}", ')
    )
    assert codes(text) == codes(text, "draft") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HERO + LOOK + shot("{{ lok.words }}"), "undefined-name"),
        ("references: {hero: {image: https://cdn.example.com/a.png}, cup: {image: https://cdn.example.com/b.png}}\n"
         + shot("", "attach: [cpu], "), "unknown-reference"),
        (HERO + "vars: {brand: x}\n" + shot("{{ brnd }}"), "undefined-name"),
        (HERO + "matrix: {axes: {look: [a, b]}}\noverrides: [{when: {lok: a}, duration: 8}]\n" + shot(),
         "unknown-axis"),
    ],
)  # fmt: skip
def test_a_slip_of_a_name_is_one_finding(text: str, code: str) -> None:
    assert codes(text) == [code]


@pytest.mark.parametrize("name", ["seed", "resolution", "Seed"])
def test_an_axis_that_promises_what_is_not_there(name: str) -> None:
    (only,) = compiled(HEAD + HERO + f"matrix: {{axes: {{{name}: [a, b]}}}}\n" + shot(f"{{{{ {name} }}}}")).diagnostics
    assert (only.code, only.severity) == ("axis-name", "error") and only.notes


def test_a_matrix_without_rows_is_refused() -> None:
    none = HERO + "matrix: {axes: {look: [a, b]}, exclude: [{look: a}, {look: b}]}\n" + shot("{{ look }}")
    assert codes(none) == ["no-rows"]
    included = none.replace("{look: b}]", "{look: b}], include: [{look: c}]")
    assert codes(included) == []
