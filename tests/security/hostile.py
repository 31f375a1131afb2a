"""The hostile repository: every file, link and string that a clone can bring, in rooms, each with a storyboard.

What one of them breaks may keep a command from ever meeting the next; so they stand apart, and each command is run in
each room.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from provider_folder import model, put, set_key, write

from seedspec import api
from seedspec.lock.version import HEADER

ESC = "\x1b]0;pwned\x07\x1b[2J"
COMMAND = "\n::error::pwned"
SECRET = b"TOP-SECRET-" * 30
LINES = b'ssh-ed25519 AAAAATTACKER attacker@evil\n[core] fsmonitor = "touch PWNED; false"\n$(touch PWNED)\n'
BOARD = """\
seedspec: 1
name: hostile
model: seedance-2.0-reference-to-video
defaults: {duration: 4, quality: 480p}
shots:
  - {id: one, prompt: "a cup"}
  - {id: two, prompt: "a cup, again"}
"""
SHADOW = "import os, sys\nopen({mark!r}, 'a').write(f'{{__file__}} {{sys.argv}}\\n')\n"


@dataclass
class Hostile:
    """A clone in `base/repository`; around it what a user has, which nobody may touch or read."""

    base: Path
    tally: Counter[str] = field(default_factory=Counter)
    boards: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def top(self) -> Path:
        return self.base / "repository"

    @property
    def mark(self) -> Path:
        """It is there when a module of the repository was run."""
        return self.base / "a module of the repository ran"

    def file(self, name: str, data: str | bytes) -> Path:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)
        self.tally["hostile files"] += 1
        return path

    def link(self, name: str, target: str | Path) -> None:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(target, path.parent) if str(target).startswith(str(self.base)) else target)
        self.tally["hostile links"] += 1

    def room(self, name: str, *boards: str) -> None:
        """A folder with storyboards, named as they are on a command line."""
        for board in boards or ("storyboard.yaml",):
            self.file(f"{name}/{board}", BOARD)
        self.boards[name] = boards or ("storyboard.yaml",)

    def strings(self, *texts: str) -> None:
        self.tally["hostile strings"] += len(texts)


def build(base: Path) -> Hostile:
    """The whole of it, committed, with what stands around it."""
    made = Hostile(base)
    private(base)
    for part in (modules, names, strings, reviews, links, locks, state, videos, bare, fixable, providers):
        part(made)
    git(made.top, "init", "-q", "-b", "main")
    git(made.top, "add", "-A", "-f", ".")
    git(made.top, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
    return made


def private(base: Path) -> None:
    """What is not the repository's."""
    for name in ("home/.ssh", "other", "private"):
        (base / name).mkdir(parents=True)
    (base / "home" / ".ssh" / "authorized_keys").write_text("ssh-ed25519 AAAA me@home\n")
    (base / "home" / ".ssh" / "authorized_keys").chmod(0o600)
    (base / "home" / ".bashrc").write_text("alias ls=ls\n")
    (base / "other" / "real.lock").write_bytes(HEADER)
    (base / "private" / "secret.mp4").write_bytes(SECRET)
    red(base / "private" / "red.ts", "mpegts")
    red(base / "private" / "red.mp4", "mp4")


def red(path: Path, container: str) -> None:
    """A private video: one second of red."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 64, "yuv420p", Fraction(1, 24)
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), (200, 20, 20), np.uint8), format="rgb24")
        for at in range(24):
            frame.pts, frame.time_base = at, Fraction(1, 24)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def modules(made: Hostile) -> None:
    """Python beside a storyboard."""
    made.room("modules")
    shadow = SHADOW.format(mark=str(made.mark))
    packages = ("seedspec", "venv", "pip", "av", "schemas")
    files = [f"{name}/{file}" for name in packages for file in ("__init__.py", "__main__.py")]
    for name in (*files, "uvicorn.py", "starlette.py", "sitecustomize.py", "json.py", "click.py", "jinja2.py"):
        made.file(f"modules/{name}", shadow)
    made.file("modules/git", f"#!/bin/sh\ntouch '{made.mark}'\n").chmod(0o755)
    made.file(
        "modules/.env", "EVOLINK_BASE_URL=http://evil.example\nHTTPS_PROXY=http://evil.example\nSEEDSPEC_RUN_YES=1\n"
    )
    made.file("modules/pyproject.toml", "[tool.seedspec]\n")


def names(made: Hostile) -> None:
    """Names of files and folders that a terminal, or a CI server, would obey."""
    bad = (
        f"{ESC}.storyboard.yaml",
        "::stop-commands::x.storyboard.yaml",
        "::error::x.storyboard.yaml",
        "-h.storyboard.yaml",
    )
    made.room("names", *bad)
    made.room(f"folder{ESC}{COMMAND}")
    made.strings(*bad, ESC, COMMAND)


def record(room: Path, number: int, **values: object) -> bytes:
    """A line of a lock for an entry of the room's storyboard."""
    entry = api.compile(room / "storyboard.yaml").entries[number]
    said = {
        "fp": entry.fingerprint, "entry": entry.address, "take": entry.take, "attempt": 1, "at": "2026-11-23T07:05:00Z",
        "manifest": json.loads(entry.manifest),
    }  # fmt: skip
    return json.dumps({**said, **values}, separators=(",", ":")).encode() + b"\n"


INTENT = {"key": "seedspec-k", "body_sha256": "a" * 64, "at": "2026-11-23T07:05:00Z"}
HOSTILE_KEYS: dict[str, dict[str, object]] = {
    "entry": {"state": "doubt", "intent": INTENT, "entry": f"evil{ESC}{COMMAND}/1", "doubt": f"lost{ESC}{COMMAND}"},
    "task": {"state": "running", "intent": INTENT, "task": f"../../x{ESC}{COMMAND}"},
    "failure": {"state": "failed", "failure": {"code": f"x{ESC}", "message": f"no{COMMAND}{ESC}"}},
    "sha256": {"state": "saved", "file": "renders/one_take1.mp4", "sha256": "../../../outside"},
    "sha256-read": {"state": "saved", "file": "renders/one_take1.mp4", "sha256": "../../../private/secret"},
    "file": {"state": "saved", "file": "way/secret.mp4", "sha256": "b" * 64},
    "at": {"state": "saved", "file": f"renders/{ESC}.mp4", "sha256": "b" * 64, "at": f"now{ESC}{COMMAND}"},
    "key": {"state": "submitting", "intent": {**INTENT, "key": f"k{ESC}{COMMAND}"}},
}  # fmt: skip
"""Records of a lock, each with strings that it may not hold, or that lead out."""


def strings(made: Hostile) -> None:
    """A lock, one for each kind of string in it."""
    for name, values in HOSTILE_KEYS.items():
        room = f"strings-{name}"
        made.room(room)
        made.file(f"{room}/renders/one_take1.mp4", SECRET[:20])
        made.link(f"{room}/way", made.base / "private")
        for lock in ("storyboard.lock", "storyboard.emulator.lock"):
            made.file(f"{room}/{lock}", HEADER + record(made.top / room, 0, **values))
        made.strings(*map(str, values.values()))


def reviews(made: Hostile) -> None:
    """What reviewers write, over a purchase that is sound."""
    made.room("reviews")
    room = made.top / "reviews"
    fp = api.compile(room / "storyboard.yaml").entries[0].fingerprint
    saved = record(
        room, 0, state="saved", task="task-unified-1", file="renders/one_take1.mp4", sha256="b" * 64, bytes=20
    )
    made.file("reviews/renders/one_take1.mp4", SECRET[:20])
    for lock in ("storyboard.lock", "storyboard.emulator.lock"):
        made.file(f"reviews/{lock}", HEADER + saved)
    bad = (f"mia{ESC}", f"mia{COMMAND}", "$(touch ${HOME}/PWNED)", "</script><img src=x onerror=alert(1)>", "\u202emia")
    for number, reviewer in enumerate(bad):
        for track, emulator in (("storyboard", False), ("storyboard.emulator", True)):
            review = {
                "seedspec_review": 1, "page": {"storyboard": "hostile", "digest": f"sha256:{'c' * 64}",
                "emulator": emulator},
                "reviewer": reviewer, "picks": [{"entry": "one/1", "fp": fp}],
                "notes": [{"entry": "one/1", "fp": fp, "text": f"=cmd|' /C calc'!A0 {reviewer}"}],
            }  # fmt: skip
            made.file(f"reviews/{track}.r{number}.review.yaml", json.dumps(review))
    made.strings(*bad)


def links(made: Hostile) -> None:
    """Links for everything that is written beside a storyboard."""
    made.room("links")
    home = made.base / "home"
    for lock in ("storyboard.lock", "storyboard.emulator.lock"):
        made.file(f"links/{lock}", HEADER + record(made.top / "links", 0, state="failed") + LINES)
    for name, target in {
        "storyboard.lock.damaged": home / ".ssh" / "authorized_keys",
        "storyboard.emulator.lock.damaged": made.top / ".git" / "config",
        "storyboard.picks.yaml": home / ".bash_aliases", "storyboard.emulator.picks.yaml": home / ".bashrc",
        "storyboard.review.html": home / ".bashrc", "storyboard.emulator.review.html": home / ".bashrc",
        "storyboard.otio": home / ".bashrc", "storyboard.emulator.otio": home / ".bashrc",
        "storyboard.sheet.png": home / ".profile", "storyboard.measures.jsonl": home / ".bashrc",
        "storyboard.emulator.measures.jsonl": home / ".profile",
        ".storyboard.lock.new": home / ".bashrc", ".storyboard.emulator.lock.new": home / ".bashrc",
        "renders": home, "renders.emulator": home, "posters": home, "schemas": home, "reviews": home,
        ".gitattributes": home / ".zshenv", "fresh": home, ".github": home,
    }.items():  # fmt: skip
        made.link(f"links/{name}", target)
    made.link("links/.gitignore", "/dev/zero")
    made.room("endless")
    for name in ("schemas/storyboard.json", "storyboard.picks.yaml", "storyboard.emulator.picks.yaml", "other.lock",
                 "storyboard.measures.jsonl", "storyboard.emulator.measures.jsonl",
                 "storyboard.a.review.yaml", "storyboard.emulator.a.review.yaml", ".env",
                 "endless.storyboard.yaml"):  # fmt: skip
        made.link(f"endless/{name}", "/dev/zero")
    made.room("environment")
    made.link("environment/told.storyboard.yaml", "/proc/self/environ")
    made.link("environment/storyboard.picks.yaml", "/proc/self/environ")
    made.link("environment/storyboard.a.review.yaml", "/proc/self/environ")
    made.boards["environment"] = ("storyboard.yaml", "told.storyboard.yaml")


def locks(made: Hostile) -> None:
    """A lock that is a link."""
    for name, target in {
        "other": made.base / "other" / "real.lock", "nothing": made.base / "home" / "new.lock",
        "git": made.top / ".git" / "index.lock", "zero": Path("/dev/zero"), "inside-nothing": made.top / "new.lock",
    }.items():  # fmt: skip
        made.room(f"lock-{name}")
        for lock in ("storyboard.lock", "storyboard.emulator.lock"):
            made.link(f"lock-{name}/{lock}", target)


def state(made: Hostile) -> None:
    """`.seedspec` as a repository may bring it, forced into git."""
    made.room("state")
    room, kept = made.top / "state", "state/.seedspec"
    saved = record(room, 0, state="saved", file="../../private/secret.mp4", sha256="b" * 64)
    for lock in ("storyboard.lock", "storyboard.emulator.lock"):
        made.file(f"{kept}/{lock}.rescue", HEADER + saved + LINES)
        made.file(f"{kept}/{lock}.hold-by", json.dumps({"pid": 1, "host": f"x{ESC}{COMMAND}", "since": "now"}))
        made.file(f"{kept}/{lock}.hold", "")
        made.file(f"{kept}/{lock}.sent/{'a' * 64}.json", "{}")
        made.file(
            lock.replace("storyboard", "state/storyboard"), HEADER + record(room, 1, state="submitting", intent=INTENT)
        )
    made.file(f"{kept}/storyboard.said/{'0' * 32}", "0\n" + ESC)
    made.file(f"{kept}/facts/{'a' * 64}", json.dumps({"sha256": "a" * 64, "facts": {"seconds": 0.1}}))
    made.file(f"{kept}/uploads/{'a' * 32}/{'b' * 64}.json", json.dumps({"url": "http://evil.example", "bytes": 1}))
    upload = {"event": "uploaded", "file": {"file_id": "../../../../private/secret.mp4", "name": "x"}}
    made.file(f"{kept}/storyboard.emulator/ledger.jsonl", json.dumps(upload) + "\n")
    made.file(f"{kept}/storyboard.emulator/secret", "known")
    made.room("state-links")
    for name in (
        "storyboard.lock.hold",
        "storyboard.emulator.lock.hold",
        "storyboard.emulator/held.lock",
        "review",
        "uploads",
    ):
        made.link(f"state-links/.seedspec/{name}", made.base / "home" / ".bashrc")
    for lock in ("storyboard.lock", "storyboard.emulator.lock"):
        made.file(f"state-links/.seedspec/{lock}.hold-by", json.dumps({"pid": 1, "host": "elsewhere", "since": "now"}))
        made.file(
            f"state-links/{lock}", HEADER + record(made.top / "state-links", 0, state="submitting", intent=INTENT)
        )


def videos(made: Hostile) -> None:
    """Saved videos that are none, and read what is not theirs; nothing else is saved there."""
    private = made.base / "private"
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.0,\n{private / 'red.ts'}\n#EXT-X-ENDLIST\n"
    concat = "ffconcat version 1.0\nfile way/red.ts\n"
    texts = {"m3u8": ("m3u8", playlist), "playlist": ("mp4", playlist), "concat": ("mp4", concat)}
    for name, (ending, text) in texts.items():
        made.link(f"video-{name}/renders/way", private)
        for file in ("x", "y"):
            made.file(f"video-{name}/renders/{file}.{ending}", text)
        saved(made, f"video-{name}", f"renders/x.{ending}", f"renders/y.{ending}")
    for file in ("x", "y"):
        made.link(f"video-link/renders/{file}.mp4", private / "secret.mp4")
    made.link("video-way/way", private)
    saved(made, "video-link", "renders/x.mp4", "renders/y.mp4")
    saved(made, "video-way", "way/secret.mp4", "way/red.mp4")


def saved(made: Hostile, room: str, *files: str) -> None:
    """Locks that say that the room's entries are saved in these files."""
    made.room(room)
    records = [
        record(made.top / room, number, state="saved", file=file, sha256="b" * 64, bytes=9, seconds=4)
        for number, file in enumerate(files)
    ]
    for lock in ("storyboard.lock", "storyboard.emulator.lock"):
        made.file(f"{room}/{lock}", HEADER + b"".join(records))


def bare(made: Hostile) -> None:
    """A folder that is a bare repository, with a configuration of its own that runs programs."""
    made.room("bare")
    git(made.top / "bare", "init", "-q", "--bare", ".")
    for hook in ("post-index-change", "pre-auto-gc"):
        made.file(f"bare/hooks/{hook}", f"#!/bin/sh\ntouch '{made.mark}'\n").chmod(0o755)
    run = f'"touch \\"{made.mark}\\"; false"'
    core = f"worktree = ..\nfsmonitor = {run}\npager = {run}\nsshCommand = {run}\n"
    made.file("bare/config", f"[core]\nrepositoryformatversion = 0\nbare = false\n{core}[diff]\nexternal = {run}\n")


WRONG = BOARD.replace("defaults:", "defalts:").replace('"a cup"', "{{ ref('cup') }} \u201cand tea\u201d")
"""A storyboard whose mistakes may be fixed."""


def fixable(made: Hostile) -> None:
    """Links where `check --fix` writes: storyboards, a folder on the way, a template, the new file beside."""
    outside = made.base / "other" / "wrong.yaml"
    outside.write_text(WRONG)
    linked = ("file.storyboard.yaml", "way/wrong.yaml", "inside.storyboard.yaml", "nowhere.storyboard.yaml")
    made.room("fixable", "storyboard.yaml", "template.storyboard.yaml", *linked)
    for name in linked:
        (made.top / "fixable" / name).unlink()
    (made.top / "fixable" / "way").rmdir()
    made.file("fixable/storyboard.yaml", WRONG)
    made.file("fixable/template.storyboard.yaml", BOARD.replace('"a cup"', "\"{% include 'words.j2' %}\""))
    made.link("fixable/words.j2", outside)
    made.link("fixable/file.storyboard.yaml", outside)
    made.link("fixable/way", made.base / "other")
    made.file("fixable/.git-like/wrong.yaml", WRONG)
    made.link("fixable/inside.storyboard.yaml", made.top / "fixable" / ".git-like" / "wrong.yaml")
    made.link("fixable/nowhere.storyboard.yaml", made.base / "home" / "new.yaml")
    for name in (".storyboard.yaml.new", ".file.storyboard.yaml.new"):
        made.link(f"fixable/{name}", made.base / "home" / ".bashrc")


EVIL = ("evil", "evolink", "linked", "steers", "nowhere")
"""Folders of providers that a repository brings."""


def providers(made: Hostile) -> None:
    """Files of providers: one that nobody has trusted, one with the id and one with the variable of another, links,
    and one whose texts steer."""
    made.room("providers")
    top = made.top / "providers" / "providers"
    put(top, "evil")
    put(top, "evolink", lambda file: file["origins"]["api"].update(url="https://evil.example.com"))
    put(top, "steers", lambda file: (set_key(file, "EVOLINK_API_KEY"), file.update(title=ESC + COMMAND)))
    write(top / "evolink" / "cheap.json", model("cheap-1.0", "evolink") | {"title": ESC + COMMAND})
    write(top / "evil" / f"{COMMAND}{ESC}.json", {})
    write(top / f"{ESC}{COMMAND}" / "provider.json", {})
    made.link("providers/providers/linked", made.base / "private")
    made.link("providers/providers/evil/secret.json", made.base / "private" / "secret.mp4")
    made.link("providers/providers/evil/zero.json", "/dev/zero")
    made.strings(ESC + COMMAND)
    made.room("providers-link")
    made.link("providers-link/providers", made.base / "private")


def git(folder: Path, *words: str) -> None:
    own = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *words], cwd=folder, env=own, check=True, capture_output=True)


def secrets() -> tuple[bytes, ...]:
    """How the private file would show in what is made of it."""
    return (SECRET, base64.b64encode(SECRET))
