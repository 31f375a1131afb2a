"""Compiles storyboards drawn at random beside a lean loop that makes the same requests, and prints the ratios.

    python tests/bench/random_compile.py [--boards 100] [--seed N] [--rounds 3] [--most 20000] [--parsed] [--each]

For each board both write the same lines: an address, a fingerprint, a request. Product and loop run in turn in this one
process, with the collector of cycles off; of so many rounds the least CPU time of each counts. The loop trusts what it
reads: YAML, the rows, each prompt rendered in a strict sandbox, the request judged by the model's schema, its canonical
JSON, the sha256 of that, one line. `--parsed` hands it the storyboard parsed already. What both have made is compared:
a difference ends it with 1. `--each` prints a line a board. The last two lines are of all boards, and of those with
1,000 entries or more, where the fixed costs of a compile no longer count. Each run draws boards of its own, from a seed
that it prints, unless one is given. The last line on standard error is for `compile_bars.py`.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import io
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import draw
import jinja2
import jsonschema_rs
import orjson
import yaml
from jinja2.sandbox import SandboxedEnvironment

from seedspec import api
from seedspec.project import sources
from seedspec.report.entries import as_lines

MODEL = sources.schemas()[f"evolink/{draw.MODEL}.json"]
DEFAULTS = {"duration": 5, "quality": "720p", "aspect_ratio": "16:9", "generate_audio": True}
LISTS = {"image": "image_urls", "video": "video_urls", "audio": "audio_urls"}
MANY = 1000


def ours(path: Path, catalog: Any) -> bytes:
    """What the product writes of a storyboard; it must have nothing against it but warnings."""
    done = api.compile(path, catalog)
    if not done.ok:
        sys.exit(f"{path.name} is refused: {done.diagnostics[0]}")
    out = io.BytesIO()
    out.writelines(as_lines(done.entries))
    return out.getvalue()


class Lean:
    """The loop; its sandbox and its judge of requests are made once, as the product's are."""

    def __init__(self) -> None:
        self.environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
        self.globals = dict(self.environment.globals)
        self.good = jsonschema_rs.Draft202012Validator(MODEL).is_valid

    def lines(self, board: Mapping[str, Any]) -> bytes:
        out = io.BytesIO()
        axes = {name: _axis(values) for name, values in board["matrix"]["axes"].items()}
        grids: dict[tuple[str, ...], list[tuple[tuple[str, Any], ...]]] = {}
        base = {**DEFAULTS, **board["defaults"]}
        takes = base.pop("takes", 1)
        for shot in board["shots"]:
            kept = tuple(shot.get("matrix", {}).get("only", axes))
            kept = tuple(name for name in axes if name in kept)
            if kept not in grids:
                grids[kept] = list(product(*(axes[name] for name in kept)))
            self._shot(out, board, shot, kept, grids[kept], base, takes)
        return out.getvalue()

    def _shot(
        self,
        out: io.BytesIO,
        board: Mapping[str, Any],
        shot: Mapping[str, Any],
        kept: tuple[str, ...],
        rows: list[tuple[tuple[str, Any], ...]],
        base: Mapping[str, Any],
        takes: int,
    ) -> None:
        prompts = shot["prompt"] if isinstance(shot["prompt"], dict) else {None: shot["prompt"]}
        names = (*kept, "prompt") if isinstance(shot["prompt"], dict) else kept
        pattern = f"{shot['id']}{'@' if names else ''}" + ",".join(f"{name}=%s" for name in names)
        media = {**board.get("references", {}), **shot.get("references", {})}
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
                address = pattern % (*labels.values(), *(() if own is None else (own,)))
                prompt = ""
                for take in range(1, takes + 1):
                    if take == 1 or by_take:
                        used.clear()
                        scope = {**shared, **values, "label": labels, "take": take}
                        prompt = self._prompt("".join(run(context(scope, True))), request, media, used)
                    whole = {"model": draw.MODEL, "prompt": prompt, **request}
                    if not self.good(whole):
                        sys.exit(f"refused: {whole}")
                    body = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
                    fp = hashlib.sha256(
                        b'{"model":"%b","provider":"evolink","request":%b,"take":%d}'
                        % (draw.MODEL.encode(), body, take)
                    )
                    out.write(
                        f'{{"entry":"{address}/{take}","fingerprint":"{fp.hexdigest()}","request":'.encode() + body
                    )
                    out.write(b"}\n")

    def _prompt(self, text: str, request: dict[str, Any], media: Mapping[str, Any], used: set[str]) -> str:
        """References in words, numbered as the catalogue has them; their addresses in the request."""
        for field in LISTS.values():
            request.pop(field, None)
        if used:
            for name, medium in media.items():
                if name in used:
                    kind = next(iter(medium))
                    urls = request.setdefault(LISTS[kind], [])
                    urls.append(medium[kind])
                    text = text.replace(f"\0{name}\0", f"{kind} {len(urls)}")
        return text.rstrip("\r\n")


def _axis(values: Any) -> list[tuple[str, Any]]:
    if isinstance(values, dict):
        return list(values.items())
    return [(value if isinstance(value, str) else json.dumps(value), value) for value in values]


def same(product: bytes, loop: bytes) -> Iterator[str]:
    """Where the two differ: in number, address, fingerprint or request."""
    one, two = product.splitlines(), loop.splitlines()
    if len(one) != len(two):
        yield f"{len(one)} entries, and {len(two)}"
    for a, b in zip(map(orjson.loads, one), map(orjson.loads, two), strict=False):
        yield from (
            f"{a['entry']}: {a[k]!r}, and {b[k]!r}" for k in ("entry", "fingerprint", "request") if a[k] != b[k]
        )


def cpu(work: Callable[[], bytes]) -> tuple[float, bytes]:
    gc.collect()
    gc.disable()
    begin = time.process_time()
    made = work()
    spent = time.process_time() - begin
    gc.enable()
    return spent, made


def main() -> int:
    parser = argparse.ArgumentParser(description="Compiles random storyboards beside a lean loop.")
    parser.add_argument("--boards", type=int, default=100, metavar="N")
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="of the first board; each next one has the next; drawn where none is given",
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--most", type=int, default=20_000, metavar="N", help="entries of a board")
    parser.add_argument("--parsed", action="store_true", help="the loop is given the storyboard, and reads no YAML")
    parser.add_argument("--each", action="store_true", help="a line a board")
    given = parser.parse_args()
    first = secrets.randbelow(10**6) if given.seed is None else given.seed
    catalog, lean = sources.catalog(), Lean()
    ratios: list[tuple[float, int, int]] = []
    with tempfile.TemporaryDirectory(prefix="seedspec-bench-") as folder:
        path = Path(folder) / "storyboard.yaml"
        for seed in (first, *range(first, first + given.boards)):  # the first one twice: it warms up
            text = draw.written(draw.draw(seed, given.most))
            path.write_text(text, encoding="utf-8")
            parsed = yaml.load(text, yaml.CSafeLoader)

            def loop(text: str = text, parsed: Any = parsed) -> bytes:
                return lean.lines(parsed if given.parsed else yaml.load(text, yaml.CSafeLoader))

            rounds = [(cpu(lambda: ours(path, catalog)), cpu(loop)) for _ in range(given.rounds)]
            (_, made), (_, expected) = rounds[0]
            if found := next(same(made, expected), None):
                print(f"seed {seed}: {found}")
                return 1
            product, limit = min(r[0][0] for r in rounds), min(r[1][0] for r in rounds)
            ratios.append((product / limit, seed, made.count(b"\n")))
            if given.each:
                print(f"seed {seed}: {ratios[-1][2]:,} entries, {product:.4f} / {limit:.4f} s = {ratios[-1][0]:.2f}×")
    del ratios[0]
    print(f"{len(ratios)} boards from seed {first}, {given.rounds} rounds; all have made the same requests")
    told("all", ratios)
    if many := [r for r in ratios if r[2] >= MANY]:
        told(f"those of {MANY:,} entries or more", many)
    found = [r[0] for r in ratios]
    print(json.dumps({"median": median(found), "worst": max(found), "seed": first}), file=sys.stderr)
    return 0


def told(which: str, ratios: list[tuple[float, int, int]]) -> None:
    worst = max(ratios)
    sizes = [r[2] for r in ratios]
    print(
        f"{which}: {len(ratios)} boards of {min(sizes):,} to {max(sizes):,} entries: "
        f"median {median(r[0] for r in ratios):.2f}×, worst {worst[0]:.2f}× (seed {worst[1]}, {worst[2]:,} entries)"
    )


if __name__ == "__main__":
    sys.exit(main())
