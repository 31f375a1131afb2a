"""What an error of seedspec itself leaves behind: a file that can be sent to its authors, without keys and texts."""

from __future__ import annotations

import os
import platform
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from seedspec import __version__
from seedspec.project.state_folder import state_folder
from seedspec.project.user_folders import user_state

_LIBRARIES = (
    "click", "jinja2", "pyyaml", "jsonschema", "jsonschema-rs", "orjson", "httpx", "rich", "filelock", "python-dotenv",
    "pillow", "av", "tinytag", "opentimelineio", "obstore", "starlette", "uvicorn",
)  # fmt: skip
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|SIGNATURE", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(\b[a-z][a-z0-9+.-]{0,40}+://)(?:[^\s/?#'\"@]*@)?([^\s?#'\"]*)(?:[?#][^\s'\"]*)?", re.IGNORECASE
)
_LONG = re.compile(r"""(['"])(?:(?!\1).){40,}\1""")
"""A quoted text of this length may be a prompt; names, fields and codes are shorter."""


def keep(error: BaseException, arguments: Sequence[str], base: Path | None) -> Path | None:
    """Writes what is known of an error into a new file, for this user alone, and gives its path.

    It goes to `.seedspec` in the folder `base`, else to the user's folder for states; None when neither takes it.
    It holds the versions, the platform, the command line and the trace. Keys, queries and users of addresses, the home
    folder and long texts are left out.
    """
    text = scrub(_report(error, arguments), _secrets(arguments, os.environ, base))
    name = f"crash-{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%fZ')}-{os.getpid()}.log"
    for place in _places(base):
        try:
            path = place() / name
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except (OSError, RuntimeError):  # no room, no right, a link, or no home
            continue
        return path
    return None


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets in any of their written forms, users and queries of addresses, and long quotes."""
    text = _ADDRESS.sub(r"\1\2", text)
    for secret in sorted(secrets, key=len, reverse=True):
        for form in {secret, repr(secret)[1:-1], quote(secret, safe="")}:
            text = text.replace(form, "***")
    lines = text.splitlines(keepends=True)
    text = "".join(line if line.lstrip().startswith("File ") else _LONG.sub(r"\1…\1", line) for line in lines)
    home = os.path.expanduser("~")
    return text.replace(home, "~") if len(home) > 1 else text


def _report(error: BaseException, arguments: Sequence[str]) -> str:
    lines = [
        f"seedspec {__version__}",
        f"Python {platform.python_version()} ({platform.python_implementation()}), {platform.platform()}",
        ", ".join(f"{name} {version}" for name in _LIBRARIES if (version := _version(name))),
        f"command: {' '.join(('seedspec', *arguments))}",
        f"time: {datetime.now(UTC).isoformat(timespec='seconds')}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    return "\n".join(lines)


def _secrets(arguments: Sequence[str], environ: Mapping[str, str], base: Path | None) -> set[str]:
    """Values that are named as secrets, of options, of the environment, and of the files from which a key may come."""
    from dotenv import dotenv_values

    given = [word.partition("=")[::2] for word in arguments if word.startswith("--") and "=" in word]
    given += [(word, value) for word, value in pairwise(arguments) if word.startswith("--") and "=" not in word]
    given += environ.items()
    for folder in {Path.cwd(), base or Path.cwd()}:
        with suppress(OSError, ValueError):
            given += [(k, v or "") for k, v in dotenv_values(folder / ".env", interpolate=False).items()]
    found = {value.strip() for name, value in given if _SECRET.search(name)}
    return {value for value in found if len(value) > 3}  # a shorter one is no secret, and would be found everywhere


def _places(base: Path | None) -> Iterator[Callable[[], Path]]:
    if base is not None:
        yield lambda: state_folder(base)
    yield _user_folder


def _user_folder() -> Path:
    folder = user_state()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
