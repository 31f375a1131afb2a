"""One command of the product inside a warm process: what it uses once everything it needs is imported.

    python tests/bench/stage.py compile STORYBOARD --format jsonl > FILE

Its last line on standard error says what it used.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

from seedspec.cli import main as app


def main(arguments: list[str]) -> int:
    importlib.import_module(app.COMMANDS[arguments[0]][0])
    import jinja2.sandbox  # noqa: F401
    import jsonschema_rs  # noqa: F401
    import orjson  # noqa: F401
    import yaml  # noqa: F401

    begin = time.process_time()
    code = app.start(arguments)
    sys.stdout.flush()
    print(json.dumps({"cpu": time.process_time() - begin}), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
