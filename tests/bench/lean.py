"""The loop that makes the requests of a storyboard drawn at random, and nothing else: the limit of its compile.

It trusts what it reads: the rows, each prompt rendered in a strict sandbox, the request judged by the model's schema,
its canonical JSON, the sha256 of that, one line.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import draw
import jinja2
import jsonschema_rs
import orjson
from jinja2.sandbox import SandboxedEnvironment

from seedspec.project import sources

MODEL = sources.schemas()[f"evolink/{draw.MODEL}.json"]
DEFAULTS = {"duration": 5, "quality": "720p", "aspect_ratio": "16:9", "generate_audio": True}
LISTS = {"image": "image_urls", "video": "video_urls", "audio": "audio_urls"}
STAND_IN = "https://stand-in.invalid/"
"""The address of another shot's video, which nobody knows yet."""

Row = tuple[tuple[str, Any], ...]


class Made(NamedTuple):
    """What was made of a shot that others continue: its fingerprints by labels and take."""

    names: tuple[str, ...]
    pattern: str
    fingerprints: dict[tuple[tuple[str, ...], int], str]


class Lean:
    """The loop; its sandbox and its judge of requests are made once, as the product's are."""

    def __init__(self) -> None:
        self.environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
        self.globals = dict(self.environment.globals)
        self.good = jsonschema_rs.Draft202012Validator(MODEL).is_valid

    def lines(self, board: Mapping[str, Any]) -> bytes:
        out = io.BytesIO()
        axes = {name: _axis(values) for name, values in board["matrix"]["axes"].items()}
        grids: dict[tuple[str, ...], list[Row]] = {}
        base = {**DEFAULTS, **board["defaults"]}
        takes = base.pop("takes", 1)
        continued = {r["shot"] for s in board["shots"] for r in s.get("references", {}).values() if "shot" in r}
        made: dict[str, Made] = {}
        for shot in board["shots"]:
            only = shot.get("matrix", {}).get("only", axes)
            kept = tuple(name for name in axes if name in only)
            if kept not in grids:
                grids[kept] = list(product(*(axes[name] for name in kept)))
            names = (*kept, "prompt") if isinstance(shot["prompt"], dict) else kept
            mine = Made(names, f"{shot['id']}{'@' if names else ''}" + ",".join(f"{name}=%s" for name in names), {})
            if shot["id"] in continued:
                made[shot["id"]] = mine
            self._shot(out, board, shot, kept, grids[kept], base, takes, mine, made)
        return out.getvalue()

    def _shot(
        self,
        out: io.BytesIO,
        board: Mapping[str, Any],
        shot: Mapping[str, Any],
        kept: tuple[str, ...],
        rows: list[Row],
        base: Mapping[str, Any],
        takes: int,
        mine: Made,
        made: Mapping[str, Made],
    ) -> None:
        prompts = shot["prompt"] if isinstance(shot["prompt"], dict) else {None: shot["prompt"]}
        catalogue = {**board.get("references", {}), **shot.get("references", {})}
        media = {name: _medium(given) for name, given in catalogue.items()}
        chain, is_continued = shot.get("references", {}).get("before"), shot["id"] in made
        used: set[str] = set()

        def ref(name: str) -> str:
            used.add(name)
            return f"\0{name}\0"

        templates = {}
        for label, text in prompts.items():
            template = self.environment.from_string(text)
            templates[label] = (template.root_render_func, template.new_context, "{{ take }}" in text)
        shared = {**self.globals, **board["vars"], "ref": ref, "shot": shot}
        fixed = {**base, **{name: shot[name] for name in DEFAULTS if name in shot}}
        overrides = board.get("overrides", ())
        fields = [name for name in kept if name in DEFAULTS]
        for row in rows:
            labels = {name: label for name, (label, _) in zip(kept, row, strict=True)}
            values = {name: value for name, (_, value) in zip(kept, row, strict=True)}
            request = dict(fixed)
            for name, value in values.items():
                if name in fields:
                    request[name] = value
                elif type(value) is dict:
                    request.update({f: v for f, v in value.items() if f in DEFAULTS})
            for each in overrides:
                if all(labels.get(axis) == label for axis, label in each["when"].items()):
                    request["generate_audio"] = each["generate_audio"]
            for own, (run, context, by_take) in templates.items():
                key = (*labels.values(), *(() if own is None else (own,)))
                address = mine.pattern % key
                prompt, item, identity = "", "", ""
                if chain is not None:
                    item, identity = _continued(chain, made[chain["shot"]], {**labels, "prompt": own})
                for take in range(1, takes + 1):
                    if take == 1 or by_take:
                        used.clear()
                        scope = {**shared, **values, "label": labels, "take": take}
                        prompt = self._prompt("".join(run(context(scope, True))), request, media, used)
                    whole = {"model": draw.MODEL, "prompt": prompt, **request}
                    if not self.good(whole):
                        sys.exit(f"refused: {whole}")
                    body = identified = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
                    if item:
                        body, identified = (body.replace(STAND_IN.encode(), x.encode()) for x in (item, identity))
                    fp = hashlib.sha256(
                        b'{"model":"%b","provider":"evolink","request":%b,"take":%d}'
                        % (draw.MODEL.encode(), identified, take)
                    ).hexdigest()
                    if is_continued:
                        mine.fingerprints[key, take] = fp
                    out.write(f'{{"entry":"{address}/{take}","fingerprint":"{fp}","request":'.encode() + body)
                    out.write(b"}\n")

    def _prompt(self, text: str, request: dict[str, Any], media: Mapping[str, tuple[str, str]], used: set[str]) -> str:
        """References in words, numbered as the catalogue has them; their addresses in the request."""
        for field in LISTS.values():
            request.pop(field, None)
        if used:
            for name, (kind, url) in media.items():
                if name in used:
                    urls = request.setdefault(LISTS[kind], [])
                    urls.append(url)
                    text = text.replace(f"\0{name}\0", f"{kind} {len(urls)}")
        return text.rstrip("\r\n")


def _axis(values: Any) -> list[tuple[str, Any]]:
    if isinstance(values, dict):
        return list(values.items())
    return [(value if isinstance(value, str) else json.dumps(value), value) for value in values]


def _medium(given: Mapping[str, Any]) -> tuple[str, str]:
    """The kind of a medium, and its address."""
    if "shot" in given:
        return ("image" if "frame" in given else "video"), STAND_IN
    kind, url = next(iter(given.items()))
    return kind, url


def _continued(chain: Mapping[str, Any], upstream: Made, labels: Mapping[str, Any]) -> tuple[str, str]:
    """What a request has of the video of another one, and what its manifest has of it."""
    fixed, take = chain.get("at", {}), chain.get("take", 1)
    key = tuple([fixed.get(name) or labels[name] for name in upstream.names])
    frame = chain.get("frame")
    picture = "" if frame is None else f"frame:{frame if isinstance(frame, str) else int(frame * 1000)}:"
    return f"{picture}entry:{upstream.pattern % key}/{take}", f"{picture}entry:{upstream.fingerprints[key, take]}"
