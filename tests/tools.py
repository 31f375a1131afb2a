"""Tools of others that some tests need. Where one is lacking they are skipped, but never by themselves in the gate."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def lacking(name: str, why: str) -> NoReturn:
    """Skips the test; in the gate (`.ci/run`) it fails, unless SEEDSPEC_GATE_WITHOUT has the name."""
    if "SEEDSPEC_GATE" in os.environ and name not in os.environ.get("SEEDSPEC_GATE_WITHOUT", "").split(","):
        pytest.fail(f"{why}; SEEDSPEC_GATE_WITHOUT={name} goes on without it")
    pytest.skip(why)


def found(*names: str) -> str:
    """The path of the first of these programs that is here."""
    path = next((p for p in map(shutil.which, names) if p is not None), None)
    return path if path is not None else lacking(names[0], f"{names[0]} is not installed")
