"""Addresses of media that cannot work, told by their text alone; and those that can, about which nothing is said."""

from __future__ import annotations

import pytest

from seedspec.catalog.addresses import PAGES, page_of, unreachable

INSIDE = [
    "localhost", "localhost:8080", "LOCALHOST", "app.localhost", "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3",
    "172.16.0.1", "192.168.0.7", "169.254.169.254", "100.64.0.1", "[::1]", "[::]", "[fe80::1]", "[fd12::1]",
    "[::ffff:192.168.0.1]", "[64:ff9b::a00:1]", "127.1", "0x7f000001", "2130706433", "017700000001", "192.168.257",
    "nas", "nas:5000", "nas.local", "nas.local.", "db.internal", "router.lan", "box.home.arpa", "files.corp",
    "web.intranet", "\uff11\uff10.0.0.1", "ann@cdn.example.com", "ann:tea@cdn.example.com", "224.0.0.1",
]  # fmt: skip
OUTSIDE = [
    "cdn.example.com", "cdn.example.com:8443", "93.184.216.34", "[2606:2800:220:1::1]", "b\u00fccher.example",
    "1.1.1.1", "local.example.com", "localhost.example.com", "10.example.com", "lan.com", "x.homes", "123.com",
]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_what_nobody_outside_reaches(host: str) -> None:
    for scheme in ("http", "https", "HTTPS"):
        assert unreachable(f"{scheme}://{host}/hero.png")


@pytest.mark.parametrize("host", OUTSIDE)
def test_what_everybody_reaches(host: str) -> None:
    assert unreachable(f"https://{host}/hero.png") == ""


def test_an_api_on_this_machine_reaches_this_machine_alone() -> None:
    assert unreachable("http://127.0.0.1:9/a.png", loopback=True) == ""
    assert unreachable("http://localhost:9/a.png", loopback=True) == ""
    assert unreachable("http://192.168.0.7/a.png", loopback=True)


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        (
            "https://drive.google.com/file/d/1AbC/view?usp=sharing",
            "https://drive.google.com/uc?export=download&id=1AbC",
        ),
        ("https://drive.google.com/open?id=1AbC", "https://drive.google.com/uc?export=download&id=1AbC"),
        ("https://www.dropbox.com/s/x/hero.png?dl=0", "https://www.dropbox.com/s/x/hero.png?dl=1"),
        ("https://www.dropbox.com/scl/fi/x/a.png?rlkey=k&dl=0", "https://www.dropbox.com/scl/fi/x/a.png?rlkey=k&dl=1"),
        ("https://github.com/o/r/blob/main/a/b.png", "https://raw.githubusercontent.com/o/r/main/a/b.png"),
        ("https://gitlab.com/o/r/-/blob/main/b.png", "https://gitlab.com/o/r/-/raw/main/b.png"),
        ("https://huggingface.co/o/r/blob/main/b.png", "https://huggingface.co/o/r/resolve/main/b.png"),
    ],
)
def test_a_page_whose_file_has_an_address(url: str, direct: str) -> None:
    found = page_of(url)
    assert found is not None and found[1] == f"write `{direct}`"
    assert page_of(direct) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=a", "https://youtu.be/a", "https://m.youtube.com/shorts/a",
        "https://vimeo.com/123", "https://www.bilibili.com/video/BV1", "https://b23.tv/a", "https://v.douyin.com/a/",
        "https://vm.tiktok.com/a/", "https://www.tiktok.com/@a/video/1", "https://www.instagram.com/reel/a/",
        "https://drive.google.com/drive/folders/1", "https://photos.app.goo.gl/a", "https://1drv.ms/i/s!a",
        "https://contoso.sharepoint.com/:i:/s/a", "https://pan.baidu.com/s/1a", "https://we.tl/t-a",
        "https://wetransfer.com/downloads/a", "https://www.pinterest.de/pin/1/", "https://fr.pinterest.com/pin/1/",
        "https://imgur.com/a/b", "https://unsplash.com/photos/a", "https://www.pexels.com/photo/a-1/",
        "https://artlist.io/song/1", "https://www.dropbox.com/s/x/hero.png", "https://x.com/a/status/1",
        "https://commons.wikimedia.org/wiki/File:A.jpg", "https://example.com", "https://example.com/",
        "https://example.com/hero.html",
    ],
)  # fmt: skip
def test_pages(url: str) -> None:
    assert page_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.com/hero.png", "https://i.imgur.com/a.png", "https://images.unsplash.com/photo-1?w=1200",
        "https://images.pexels.com/photos/1/a.jpeg", "https://i.pinimg.com/originals/a.jpg", "https://media.giphy.com/a",
        "https://raw.githubusercontent.com/o/r/main/a.png", "https://github.com/o/r/raw/main/a.png",
        "https://github.com/o/r/releases/download/v1/a.mp4", "https://github.com/user-attachments/assets/a",
        "https://user-images.githubusercontent.com/1/a.png", "https://lh3.googleusercontent.com/a",
        "https://upload.wikimedia.org/wikipedia/commons/a/a.jpg", "https://dl.dropboxusercontent.com/s/x/a.png",
        "https://www.dropbox.com/s/x/a.png?raw=1", "https://storage.googleapis.com/b/a.png", "https://example.com/?id=3",
        "https://example.com/media/17", "https://player.vimeo.com/external/1.hd.mp4?s=a", "https://a.s3.amazonaws.com/b",
        "https://example.com/get.php?id=3", "https://notyoutube.com/a.mp4", "https://youtube.com.example.org/a.mp4",
    ],
)  # fmt: skip
def test_files(url: str) -> None:
    assert page_of(url) is None


def test_no_host_stands_twice() -> None:
    names = [page.name for page in PAGES]
    assert len(names) == len(set(names))
