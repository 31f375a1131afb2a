"""Storyboards drawn at random from a seed: whatever people write, in sizes from one shot to a thousand.

One to four axes, of labels, of words, of bundles, or of a request field; labels with colons and digits; none to four
references, some of them a shot's own; chains, of whole videos and of pictures of them; conditionals, filters and
variables; one prompt or an A/B pair; takes, subsets of the axes, overrides, profiles. All of them compile: what is
drawn keeps the rules of the format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

MODEL = "seedance-2.0-reference-to-video"
FIELDS: Mapping[str, tuple[Any, ...]] = {
    "duration": (4, 5, 6, 8, 10, 12, 15),
    "quality": ("480p", "720p"),
    "aspect_ratio": ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive"),
    "generate_audio": (True, False),
}
AXES = ("hero", "place", "mood", "light", "cut", "hook", "lens", "season")
WORDS = (
    "a young chef",
    "the old sailor",
    "rain on glass",
    "a neon arcade",
    "soft light",
    "hard shadows",
    "a ferry deck",
    "slow push in",
    "whip pan",
    "the crowd waits",
    "steam rises",
    "dust in the air",
    "清晨薄雾",
    "a paper kite",
)
STEMS = ("v", "take-", "16:9-", "2026.11-", "a:b:", "L", "no_", "7-", "x1.")
KINDS = {"image": "png", "video": "mp4", "audio": "mp3"}


def draw(seed: int, most: int = 20_000) -> dict[str, Any]:
    """A storyboard as plain data, with `most` entries at most. One seed gives one storyboard."""
    random = Random(seed)
    shots = min(round(1000 ** random.random()), max(1, most // 6))  # each with up to three takes of two prompts
    takes = random.choice((1, 1, 1, 2, 3))
    axes, sweeps = _axes(random, max(1, most // (shots * takes * 2)))
    catalogue = _references(random, "", random.randint(0, 4))
    board: dict[str, Any] = {"seedspec": 1, "model": MODEL, "vars": {"brand": "Sunny Pour", "year": 2026}}
    board["defaults"] = {f: random.choice(v) for f, v in FIELDS.items() if random.random() < 0.5}
    if takes > 1:
        board["defaults"]["takes"] = takes
    if catalogue:
        board["references"] = catalogue
    board["matrix"] = {"max_entries": 2 * most, "axes": axes}
    if random.random() < 0.4:
        axis = random.choice(list(axes))
        board["overrides"] = [{"when": {axis: random.choice(_labels(axes[axis]))}, "generate_audio": False}]
    if random.random() < 0.3:
        quality = {} if "quality" in sweeps else {"quality": "480p"}
        board["profiles"] = {"draft": {**quality, "takes": 1}, "final": {"takes": 2}}
    board["shots"] = [_shot(random, number, axes, sweeps, catalogue) for number in range(shots)]
    if random.random() < 0.4:
        for number in range(1, shots):
            if random.random() < 0.3:
                _chain(random, board, board["shots"][number], board["shots"][random.randrange(number)])
    return board


def written(board: Mapping[str, Any]) -> str:
    """A storyboard as YAML, in blocks; every text is quoted, so that each reader of YAML reads the same."""
    return "\n".join(_lines(board, "")) + "\n"


def _lines(value: Any, margin: str) -> list[str]:
    lines: list[str] = []
    for key, item in value.items():
        if isinstance(item, dict) and item and key not in ("when", "at"):
            lines += [f"{margin}{json.dumps(key)}:", *_lines(item, margin + "  ")]
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            lines.append(f"{margin}{json.dumps(key)}:")
            for each in item:
                first, *rest = _lines(each, margin + "    ")
                lines += [f"{margin}  - {first.strip()}", *rest]
        else:
            lines.append(f"{margin}{json.dumps(key)}: {json.dumps(item, ensure_ascii=False)}")
    return lines


def _axes(random: Random, rows: int) -> tuple[dict[str, Any], set[str]]:
    """The axes, with about so many rows at most; and the request fields that they sweep."""
    axes: dict[str, Any] = {}
    sweeps: set[str] = set()
    names = random.sample(AXES, random.randint(1, 4))
    for name in names:
        size = min(rows, random.choice((1, 2, 2, 3, 4, 5, 8, 12)))
        rows = max(1, rows // size)
        kind = random.choice(("labels", "words", "bundle", "bundle of a field", "field"))
        free = [f for f in FIELDS if f not in sweeps]
        if kind in ("field", "bundle of a field") and free:
            field = random.choice(free)
            sweeps.add(field)
            if kind == "field":
                axes[field] = list(FIELDS[field][:size])
                continue
            stem = random.choice(STEMS)
            axes[name] = {f"{stem}{i}": {**_bundle(random), field: random.choice(FIELDS[field])} for i in range(size)}
            continue
        labels = [f"{random.choice(STEMS)}{i}" for i in range(size)]
        if kind == "labels":
            axes[name] = labels
        else:
            axes[name] = {label: random.choice(WORDS) if kind == "words" else _bundle(random) for label in labels}
    return axes, sweeps


def _bundle(random: Random) -> dict[str, Any]:
    return {"words": random.choice(WORDS), "colour": random.choice(WORDS)}


def _labels(axis: Any) -> list[str]:
    return [label if isinstance(label, str) else json.dumps(label) for label in axis]


def _references(random: Random, prefix: str, many: int) -> dict[str, Any]:
    """References of unlike kinds; sound never without a picture, which the service refuses."""
    found: dict[str, Any] = {}
    for number in range(many):
        kind = random.choice(("image", "image", "video", "audio")) if found else "image"
        if kind != "image" and any(kind in r for r in found.values()):
            kind = "image"
        name = f"{prefix}{kind}{number}"
        url = f"https://cdn.example.com/{prefix}{number}.{KINDS[kind]}"
        found[name] = {kind: url} if kind == "image" else {kind: url, "seconds": 4}
    return found


def _shot(
    random: Random, number: int, axes: Mapping[str, Any], sweeps: set[str], catalogue: Mapping[str, Any]
) -> dict[str, Any]:
    shot: dict[str, Any] = {"id": f"shot-{number:03d}", "tags": random.sample(("draft", "launch", "b-roll"), 2)}
    kept = list(axes)
    if random.random() < 0.25:
        kept = [a for a in axes if random.random() < 0.6]
        shot["matrix"] = {"only": kept}
    swept = {f for f in sweeps if f in kept or any(f in v for a in kept if isinstance(axes[a], dict)
                                                   for v in axes[a].values() if isinstance(v, dict))}  # fmt: skip
    for field, values in FIELDS.items():
        if field not in swept and random.random() < 0.2:
            shot[field] = random.choice(values)
    own = _references(random, f"own{number}", random.randint(1, 2)) if catalogue and random.random() < 0.2 else {}
    own = {name: value for name, value in own.items() if "image" in value}
    if own:
        shot["references"] = own
    names = [*catalogue, *own]
    if random.random() < 0.2:
        shot["prompt"] = {label: _prompt(random, number, kept, axes, names) for label in ("A", "B:2")}
    else:
        shot["prompt"] = _prompt(random, number, kept, axes, names)
    return shot


def _chain(random: Random, board: Mapping[str, Any], shot: dict[str, Any], upstream: Mapping[str, Any]) -> None:
    """Has a shot continue the video of one above it, or a picture of that; the labels that it lacks are fixed."""
    axes = board["matrix"]["axes"]
    theirs, ours = ({name: _labels(values) for name, values in named(one, axes).items()} for one in (upstream, shot))
    fixed = {
        name: random.choice(labels) for name, labels in theirs.items() if name not in ours or random.random() < 0.1
    }
    chain: dict[str, Any] = {"shot": upstream["id"], **({"at": fixed} if fixed else {})}
    if random.random() < 0.3:
        chain["take"] = random.randint(1, board["defaults"].get("takes", 1))
    # reference videos last 15 seconds together
    if random.random() < 0.6 or any("video" in r for r in board.get("references", {}).values()):
        chain["frame"] = random.choice(("first", "last", "last", 1.5))
    shot["references"] = {**shot.get("references", {}), "before": chain}
    mention = random.choice((" It begins as {{ ref('before') }} ends.", " Continue {{ ref('before') }}."))
    prompt = shot["prompt"]
    shot["prompt"] = {k: v + mention for k, v in prompt.items()} if isinstance(prompt, dict) else prompt + mention


def named(shot: Mapping[str, Any], axes: Mapping[str, Any]) -> dict[str, Any]:
    """The axes of a shot, its prompts among them where it has several."""
    kept = shot.get("matrix", {}).get("only", axes)
    own = {"prompt": shot["prompt"]} if isinstance(shot["prompt"], dict) else {}
    return {**{name: values for name, values in axes.items() if name in kept}, **own}


def _prompt(random: Random, number: int, kept: list[str], axes: Mapping[str, Any], names: list[str]) -> str:
    """Pieces of a prompt: texts, axes, filters, conditionals, references; the first picture is always mentioned."""
    pieces = [f"Shot {number}: {random.choice(WORDS)}."]
    if names:
        pieces.append(f"{{{{ ref('{names[0]}') }}}} stays in the frame.")
    for _ in range(random.randint(1, 8)):
        kind = random.choice(("text", "axis", "axis", "filter", "if", "ref", "ref if", "brand", "label", "take"))
        axis = random.choice(kept) if kept else None
        name = random.choice(names) if names else None
        if kind == "brand":
            pieces.append("The words {{ brand }} of {{ year }} appear.")
        elif kind == "take" and random.random() < 0.2:
            pieces.append("Variation {{ take }} of {{ shot.id }}.")
        elif kind == "ref" and name:
            pieces.append(f"As in {{{{ ref('{name}') }}}}.")
        elif axis and kind in ("axis", "filter"):
            pieces.append(f"{{{{ {_value(axes, axis)}{' | upper' if kind == 'filter' else ''} }}}}, and so on.")
        elif axis and kind == "label":
            pieces.append(f"It is {{{{ label.{axis} }}}}.")
        elif axis and kind in ("if", "ref if"):
            label = random.choice(_labels(axes[axis]))
            inner = f"with {{{{ ref('{name}') }}}}" if kind == "ref if" and name else "quietly"
            pieces.append(f"{{% if label.{axis} == '{label}' %}}{inner}{{% else %}}loudly{{% endif %}}.")
        else:
            pieces.append(f"{random.choice(WORDS).capitalize()} in a wide shot, at eye level.")
    return " ".join(pieces)


def _value(axes: Mapping[str, Any], axis: str) -> str:
    """What a template writes for an axis's words."""
    values = axes[axis]
    first = next(iter(values.values())) if isinstance(values, dict) else None
    return f"{axis}.words" if isinstance(first, dict) else axis
