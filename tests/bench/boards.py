"""Storyboards of any size for the benchmark, and the same as plain data for the limits; nothing is random."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

MODEL = "seedance-2.0-reference-to-video"
HEROES = ("young chef", "old sailor", "street dancer", "botanist", "night courier", "violin maker", "ice climber",
          "bee keeper", "pearl diver", "kite builder")  # fmt: skip
PLACES = ("a rain-washed market", "a quiet orchard", "a neon arcade", "a salt desert", "a ferry deck at dawn",
          "a paper workshop", "a glass house", "an empty stadium", "a mountain hut", "a tiled subway hall")  # fmt: skip
MOODS = ("Calm", "Tense", "Playful", "Solemn", "Dreamy")
SHAPES = {1: (1, 1, 1), 2: (2, 1, 1), 20: (2, 2, 5), 200: (8, 5, 5), 2000: (20, 20, 5), 20_000: (100, 40, 5)}
"""The lengths of the three axes, by their product."""

PROMPT = (
    "Use the first-person framing of {{{{ ref('walk') }}}} throughout and keep {{{{ ref('theme') }}}} as the "
    "background music. Shot {n}: the {{{{ hero }}}} walks through {{{{ place }}}} while the camera tracks slowly from "
    "left to right at eye level, shallow depth of field, natural skin tones, light haze in the distance. The mood is "
    "{{{{ mood | lower }}}}; the colours follow {{{{ ref('a') }}}} and the product of {{{{ ref('b') }}}} stays "
    "readable in the lower third of every frame until the cut."
)
WORDS = {"walk": "video 1", "theme": "audio 1", "a": "image 1", "b": "image 2"}


def axes(variants: int) -> Mapping[str, Mapping[str, str]]:
    """Three axes whose product is `variants`: labels and their values."""

    def grown(base: tuple[str, ...], many: int) -> dict[str, str]:
        words = [base[i % len(base)] + (f" no. {i}" if i >= len(base) else "") for i in range(many)]
        return {f"v{i}": word for i, word in enumerate(words)}

    heroes, places, moods = SHAPES[variants]
    return {"hero": grown(HEROES, heroes), "place": grown(PLACES, places), "mood": grown(MOODS, moods)}


def board(shots: int, variants: int) -> str:
    """A storyboard: so many shots, each a prompt with three axes and four references."""
    lines = ["seedspec: 1", f"model: {MODEL}", "defaults: {duration: 8, quality: 720p, generate_audio: true}"]
    lines += ["references:", "  walk: {video: https://example.com/refs/reference.mp4, seconds: 4}"]
    lines += ["  theme: {audio: https://example.com/refs/bgm.mp3, seconds: 6}"]
    lines += ["matrix:", f"  max_entries: {shots * variants}", "  axes:"]
    for name, values in axes(variants).items():
        lines += [f"    {name}:", *(f"      {label}: {value}" for label, value in values.items())]
    lines.append("shots:")
    for i in range(shots):
        lines += [
            f"  - id: shot-{i:05d}",
            "    references:",
            f"      a: {{image: https://example.com/refs/{i:05d}/a.jpg}}",
            f"      b: {{image: https://example.com/refs/{i:05d}/b.png}}",
            f"    duration: {4 + i % 12}",
            "    tags: [launch, draft]",
            "    prompt: >-",
            f"      {PROMPT.format(n=i)}",
        ]
    return "\n".join(lines) + "\n"


def prompt(number: int, slot: Mapping[str, str]) -> str:
    """The prompt of a shot for another tool: media named as the product names them, each label in its own notation."""
    text = PROMPT.format(n=number)
    for name, words in WORDS.items():
        text = text.replace(f"{{{{ ref('{name}') }}}}", words)
    for name, written in slot.items():
        text = re.sub(rf"{{{{ {name}\b.*? }}}}", lambda _, w=written: w, text)  # type: ignore[misc]
    return text


def written(folder: Path, shots: int, variants: int) -> Path:
    """The storyboard in a file, written when it is not there yet."""
    path = folder / f"board-{shots}-{variants}.yaml"
    if not path.exists():
        path.write_text(board(shots, variants), encoding="utf-8")
    return path
