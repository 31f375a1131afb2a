"""A storyboard of two shots for the tests of commands, and what can be done to it and its lock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import orjson

from seedspec import api

LOOKS = """\
seedspec: 1
name: looks
model: seedance-2.0-reference-to-video
defaults: {duration: 5, quality: 480p}
vars: {brand: Sunny Pour}
references:
  cup: {image: https://cdn.example.com/cup.webp}
matrix:
  axes:
    look:
      noir: {words: "hard shadows", duration: 6}
      soft: {words: "window light"}
overrides:
  - {when: {look: noir}, generate_audio: false}
shots:
  - id: open
    prompt: |
      {{ ref('cup') }} on a table, {{ look.words }}.
      The words {{ brand }} appear.
  - id: close
    matrix: {only: []}
    duration: 4
    prompt:
      slow: "{{ ref('cup') }}, slow push in."
      fast: "{{ ref('cup') }}, whip pan."
"""

MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + bytes(64)
"""As much of a video as tells what it is."""

IMAGE = Path(__file__).parents[2] / "examples" / "fruit-tea" / "assets" / "bottle.png"
DONE = """\
seedspec: 1
name: done
model: seedance-2.0-reference-to-video
references:
  cup: {image: media/cup.png}
  far: {image: https://cdn.example.com/far.webp}
shots:
  - id: open
    takes: 2
    prompt: "{% include 'words/begin.j2' %} {{ ref('cup') }}{% include 'words/maybe.j2' ignore missing %}"
  - id: close
    prompt: "{{ ref('cup') }} closes. {{ ref('far') }}{{ '{{' }}"
  - id: same
    prompt: "{{ ref('cup') }} closes. {{ ref('far') }}{{ '{{' }}"
"""
"""A storyboard with all that a plan may rest on."""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Run = Callable[..., Said]
Acme = Callable[..., AbstractContextManager[Path]]


def keep(storyboard: Path, address: str, state: str, **values: object) -> None:
    """Adds a purchase to the lock of a storyboard, under an address that it has now."""
    entry = next(e for e in api.compile(storyboard).entries if e.address == address)
    lock = storyboard.with_suffix(".lock")
    before = lock.read_bytes() if lock.exists() else b'{"seedspec_lock":1}\n'
    record = {
        "fp": entry.fingerprint, "entry": address, "take": entry.take, "attempt": 1, "state": state,
        "at": "2026-11-23T07:05:00Z", "manifest": orjson.loads(entry.manifest), **values,
    }  # fmt: skip
    lock.write_bytes(before + orjson.dumps(record) + b"\n")


def edit(storyboard: Path, old: str, new: str) -> None:
    text = storyboard.read_text(encoding="utf-8")
    assert old in text
    storyboard.write_text(text.replace(old, new), encoding="utf-8")
