"""`--media` of `review`: where the videos of the page are, and for signed addresses how long they are good."""

from __future__ import annotations

import os
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from seedspec.cli.main import Exit
from seedspec.plan.plan import Plan
from seedspec.project.credentials import BadSettings
from seedspec.report.page.content import Media
from seedspec.report.page.posters import Clip
from seedspec.report.page.signed import SignedVideos, signed_videos
from seedspec.run.loop import now
from seedspec.run.service.bucket import open_bucket
from seedspec.run.service.renders import OPTION
from seedspec.text.value import valueclass

LONGEST = timedelta(days=7)
"""S3 and GCS sign for no longer."""
_KINDS: tuple[Media, ...] = ("link", "inline", "proxy")
_SIGNED = re.compile(r"signed(?:=([0-9]{1,3})([hd]))?")


@valueclass(frozen=True, slots=True)
class MediaChoice:
    """What was asked for. `life` is for signed addresses, None for the other kinds."""

    kind: Media
    life: timedelta | None = None


class MediaParam(click.ParamType[MediaChoice]):
    name = "media"

    def get_metavar(self, *_: Any, **__: Any) -> str:
        return f"[{'|'.join(_KINDS)}|signed[=TIME]]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> MediaChoice:
        if isinstance(value, MediaChoice):
            return value
        for kind in _KINDS:
            if value == kind:
                return MediaChoice(kind)
        found = _SIGNED.fullmatch(str(value))
        if found is None:
            self.fail(
                f"`{value}` is none of {', '.join(_KINDS)}, signed and signed=7d (or hours: signed=12h)", param, ctx
            )
        life = timedelta(**{"hours" if found[2] == "h" else "days": int(found[1])}) if found[1] else LONGEST
        if not timedelta() < life <= LONGEST:
            self.fail(f"`{value}`: an address is signed for 1 hour at least and 7 days at most", param, ctx)
        return MediaChoice("signed", life)


def hide_name(clip: Clip, folder: Path) -> Path:
    """A video under a name that says nothing of its labels: its digest, in a folder of our own."""
    path = folder / f"{clip.sha256[:16]}{clip.file.suffix}"
    if not path.exists():
        try:
            os.link(clip.file, path)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(clip.file, path)
    return path


def signed_of(choice: MediaChoice, renders: str | None, plan: Plan) -> SignedVideos | None:
    """The bucket of a page with signed addresses; None for any other. Ends the command for one that cannot be used."""
    if choice.life is None:
        return None
    if renders is None:
        raise Exit(2, f"--media signed needs the bucket of the videos: add {OPTION} s3://BUCKET/PREFIX")
    objects = open_bucket(renders, OPTION, local=True)
    fingerprints = (s.fp for s in plan.steps if s.entry is not None)
    try:
        return signed_videos(objects, plan.lock, fingerprints, choice.life, now().utc)
    except BadSettings:
        raise
    except Exception as error:
        raise Exit(7, f"{objects.trouble(error).reason}: no page is made") from None
