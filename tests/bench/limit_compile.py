"""What a compile cannot do without, in the leanest loop: the limit that the compile bars are held against.

    python tests/bench/limit_compile.py STORYBOARD > FILE

YAML, the product of the axes, each prompt rendered in a strict sandbox, the request judged by the model's schema, its
canonical JSON and the sha256 of that, one line written. No places, no messages, no prices, no labels, no takes: what
it reads, it trusts. How media are named is no question either: it is told. Its last line on standard error says what
it used.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import jinja2
import jsonschema_rs
import orjson
import yaml
from boards import WORDS
from jinja2.sandbox import SandboxedEnvironment

SCHEMAS = Path(__file__).parents[2] / "schemas"


def main(path: str) -> None:
    begin = time.process_time()
    gc.disable()
    sha, dumps, sort, write = hashlib.sha256, orjson.dumps, orjson.OPT_SORT_KEYS, sys.stdout.buffer.write
    count = 0
    for head, request in requests(path):
        body = dumps(request, option=sort)
        write(head + sha(body).hexdigest().encode() + b'","request":' + body + b"}\n")
        count += 1
    sys.stdout.buffer.flush()
    print(json.dumps({"cpu": time.process_time() - begin, "entries": count}), file=sys.stderr)


def requests(path: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each request of a storyboard, with the beginning of its line."""
    schema = json.loads((SCHEMAS / "evolink/seedance-2.0-reference-to-video.json").read_bytes())
    good = jsonschema_rs.Draft202012Validator(schema).is_valid
    with open(path, "rb") as file:
        document = yaml.load(file, yaml.CSafeLoader)
    environment = SandboxedEnvironment(undefined=jinja2.StrictUndefined)
    shared = dict(environment.globals)
    axes, media = document["matrix"]["axes"], document["references"]
    names, join = tuple(axes), "".join
    for shot in document["shots"]:
        text = shot["prompt"]
        for name, words in WORDS.items():
            text = text.replace(f"{{{{ ref('{name}') }}}}", words)
        template = environment.from_string(text)
        run, context = template.root_render_func, template.new_context
        own = shot["references"]
        fixed = {
            "model": document["model"], "aspect_ratio": "16:9", **document["defaults"], "duration": shot["duration"],
            "image_urls": [own["a"]["image"], own["b"]["image"]],
            "video_urls": [media["walk"]["video"]], "audio_urls": [media["theme"]["audio"]],
        }  # fmt: skip
        head = b'{"shot":"%s","fingerprint":"' % shot["id"].encode()
        for row in product(*(values.values() for values in axes.values())):
            request = {**fixed, "prompt": join(run(context({**shared, **dict(zip(names, row, strict=True))}, True)))}
            if not good(request):
                sys.exit(f"refused: {request}")
            yield head, request


if __name__ == "__main__":
    main(sys.argv[1])
