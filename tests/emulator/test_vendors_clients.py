"""The vendors' own clients, as they are installed, buy of the emulator over TLS: they judge what it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from front import tls_front

pytestmark = pytest.mark.slow
ARK = """\
import json, os, time
from volcenginesdkarkruntime import Ark

client = Ark(base_url=f"https://{os.environ['FRONT']}/api/v3", api_key="ark-of-the-test", max_retries=0)
tasks = client.content_generation.tasks
made = tasks.create(
    model="dreamina-seedance-2-0-260128",
    content=[
        {"type": "text", "text": "Tea steams. image 1"},
        {"type": "image_url", "image_url": {"url": "https://cdn.example.com/a.png"}, "role": "reference_image"},
    ],
    resolution="480p", ratio="16:9", duration=4, generate_audio=False, watermark=False,
)
image = {"type": "image_url", "image_url": {"url": "https://cdn.example.com/a.png"}}
video = {"type": "video_url", "video_url": {"url": "https://cdn.example.com/a.mp4"}, "role": "reference_video"}
audio = {"type": "audio_url", "audio_url": {"url": "https://cdn.example.com/a.mp3"}, "role": "reference_audio"}
taken = []
for content, more in (
    ([], {}),
    ([{**image, "role": "first_frame"}], {"resolution": "720p"}),
    ([{**image, "role": "first_frame"}, {**image, "role": "last_frame"}], {"ratio": "adaptive"}),
    ([{**image, "role": "reference_image"}, video], {"duration": 15}),
    ([video, audio], {"generate_audio": True}),
):
    words = [{"type": "text", "text": "Tea steams."}, *content]
    one = tasks.create(model="dreamina-seedance-2-0-260128", content=words, watermark=False, **more)
    taken.append(one.id)
seen = []
while True:  # it is ended with its process, at the latest
    task = tasks.get(task_id=made.id)
    if not seen or seen[-1] != task.status:
        seen.append(task.status)
    if task.status in ("succeeded", "failed"):
        break
    time.sleep(0.05)
listed = tasks.list(page_num=1, page_size=10)
assert {one.id for one in listed.items} >= {made.id, *taken}
refused = ""
try:
    tasks.create(model="dreamina-seedance-2-0-260128", content=[], watermark=False)
except Exception as error:
    refused = f"{type(error).__name__}: {error}"
print(json.dumps({
    "id": made.id, "seen": seen, "link": task.content.video_url, "model": task.model,
    "taken": taken, "refused": refused,
}))
"""
FAL = """\
import json
import fal_client

APP = "bytedance/seedance-2.0/reference-to-video"
words = {"prompt": "Tea steams.", "duration": "4", "resolution": "480p", "aspect_ratio": "16:9"}
handle = fal_client.submit(APP, arguments=words)
first = type(handle.status()).__name__
seen = [type(one).__name__ for one in handle.iter_events(interval=0.05)]
result = handle.get()
address = "https://cdn.example.com/a"
for more in (
    {"image_urls": [f"{address}.png"]}, {"video_urls": [f"{address}.mp4"], "audio_urls": [f"{address}.mp3"]},
    {"generate_audio": True}, {"generate_audio": False, "aspect_ratio": "auto"},
    {"duration": "15", "resolution": "720p"},
):
    assert fal_client.submit(APP, arguments={**words, **more}).request_id
again = fal_client.result(APP, handle.request_id)
refused = ""
try:
    fal_client.submit(APP, arguments={**words, "duration": "99"})
except Exception as error:
    refused = f"{type(error).__name__}: {error}"
print(json.dumps({
    "id": handle.request_id, "first": first, "seen": seen, "result": result, "again": again, "refused": refused,
}))
"""


def told(script: str, host: str, bundle: Path, folder: Path) -> dict[str, Any]:
    """What a client's script says, in a process of its own that trusts the authority alone."""
    own = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    given = {"FRONT": host, "FAL_QUEUE_RUN_HOST": host, "FAL_KEY": "fal-of-the-test", "SSL_CERT_FILE": str(bundle)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=folder, env=own | given, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_client_of_ark_creates_reads_and_lists(start: Any, tmp_path: Path) -> None:
    running = start(seconds=0.5)
    with tls_front(running.addresses.api, tmp_path) as (host, bundle, asked):
        said = told(ARK, host, bundle, tmp_path)
    assert said["seen"][-1] == "succeeded" and set(said["seen"]) <= {"queued", "running", "succeeded"}
    assert said["link"].startswith("http") and said["model"] == "dreamina-seedance-2-0-260128"
    assert len(set(said["taken"])) == 5
    assert said["refused"].startswith("ArkBadRequestError") and "body.content" in said["refused"]
    path = "/api/v3/contents/generations/tasks"
    assert {(method, place.partition("?")[0]) for method, place, _ in asked} == {
        ("POST", path), ("GET", path), ("GET", f"{path}/{said['id']}"),
    }  # fmt: skip
    sent = json.loads(asked[0][2])
    assert sent["service_tier"] is None and sent["seed"] is None  # what it sends for options that are not given


def test_the_client_of_fal_submits_follows_and_takes_the_result(start: Any, tmp_path: Path) -> None:
    running = start(seconds=0.5)
    with tls_front(running.addresses.api, tmp_path) as (host, bundle, asked):
        said = told(FAL, host, bundle, tmp_path)
    assert said["first"] in ("Queued", "InProgress") and said["seen"][-1] == "Completed"
    first, again = (said[name]["video"].pop("url") for name in ("result", "again"))
    assert first.startswith("http") and said["again"] == said["result"]
    assert again.partition("?")[0] == first.partition("?")[0]  # each reading signs the link anew, by its own clock
    assert said["refused"].startswith("FalClientHTTPError")
    app = f"/bytedance/seedance-2.0/requests/{said['id']}"
    assert len([1 for method, _, _ in asked if method == "POST"]) == 7
    assert {place.partition("?")[0] for _, place, _ in asked} == {
        "/bytedance/seedance-2.0/reference-to-video", f"{app}/status", app,
    }  # fmt: skip
