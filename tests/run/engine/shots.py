"""The shots of which the storyboards of these tests are made."""

from __future__ import annotations

HEAD = """\
seedspec: 1
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
references: {hero: {image: hero.png}}
shots:
"""
A, B, C = '{id: a, prompt: "one"}', '{id: b, prompt: "two"}', '{id: c, prompt: "three"}'
SHOTS = tuple(f'{{id: s{n}, prompt: "{n}"}}' for n in range(6))
TAKES = '{id: a, takes: 2, prompt: "one"}'
HERO = """{id: b, prompt: "two {{ ref('hero') }}"}"""
HEROES = tuple(f"""{{id: h{n}, prompt: "{n} {{{{ ref('hero') }}}}"}}""" for n in range(5))
CHAIN = """{id: c, prompt: "on {{ ref('p') }}", references: {p: {shot: a}}}"""
CHAIN_2 = """{id: d, prompt: "on {{ ref('p') }}", references: {p: {shot: c}}}"""
LAST = """{id: c, prompt: "on {{ ref('p') }}", references: {p: {shot: a, frame: last}}}"""
LATER = """{id: d, prompt: "on {{ ref('p') }}", references: {p: {shot: a, frame: 1.5}}}"""
