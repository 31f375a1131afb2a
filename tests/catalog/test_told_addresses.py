"""What is told of each address of a medium: that nobody outside reaches it, or that it is a page; or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seedspec.catalog.addresses import is_private, page_of, unreachable
from seedspec.catalog.signed_url import SIGNATURES, bare, bare_request, mask_signature, signature_of

HERE = Path(__file__).parent / "expected"
Expect = Callable[[Path, str], None]
HOSTS = """
localhost LOCALHOST. app.localhost a.local a.internal local internal local.com 127.0.0.1 126.255.255.255 10.0.0.1
172.16.0.1 172.15.0.1 192.168.0.7 192.169.0.1 169.254.169.254 100.64.0.1 8.8.8.8 224.0.0.1 0.0.0.0 255.255.255.255
[::1] [::] [fe80::1] [fe80::1%25eth0] [fd12::1] [2606:2800:220:1::1] [::ffff:10.0.0.1] [::ffff:8.8.8.8]
[64:ff9b::a00:1] [64:ff9b::808:808] [64:ff9b:1::808:808] [2002:a00:1::] [2002:808:808::] [::a00:1] [::808:808]
[ff02::1] [2001:0:808:808::f5ff:fffe] 127.1 0x7f000001 0x 2130706433 017700000001 010.0.0.1 192.168.257 1.2.3.4.5
0.1.2.3 01.2.3.4 1.2.3.04 8.8.8.08 1000.1.1.1 1 nas nas:5000 a.localdomain a.lan a.home a.home.arpa a.corp
a.intranet a.intra a.private a.onion lan.example a.lans １0.0.0.1 ｌocalhost ann@cdn.example ann:tea@cdn.example
cdn.example cdn.example. cdn.example:99 a.b
"""
PLACES = """
www.youtube.com/watch?v=a m.youtube.com/a youtube-nocookie.com/embed/a youtu.be/a vimeo.com/1
player.vimeo.com/video/1 player.vimeo.com/external/1 vimeo.com/progressive_redirect/1 bilibili.com/a
www.bilibili.tv/a b23.tv/a v.douyin.com/a iesdouyin.com/a vm.tiktok.com/a vt.tiktok.com/a instagram.com/a
facebook.com/a fb.watch/a x.com/a mobile.twitter.com/a xiaohongshu.com/a xhslink.com/a kuaishou.com/a weibo.com/a
m.weibo.cn/a dailymotion.com/a dai.ly/a twitch.tv/a clips.twitch.tv/a old.reddit.com/a v.redd.it/a redd.it/a
loom.com/share/a loom.com/embed/a loom.com/a drive.google.com/file/d/1A-b_c/view drive.google.com/file/u/2/d/1A/edit
drive.google.com/open?id=1A drive.google.com/open?usp=x&id=1A drive.google.com/drive/folders/1
drive.google.com/uc?id=1 drive.google.com/ucx docs.google.com/document/d/1 docs.google.com/uc?id=1
photos.google.com/a photos.app.goo.gl/a google.com/search?q=a www.google.co.uk/imgres?a google.de/url?q=a
google.com/searches google.com/maps www.dropbox.com/s/x/a.png dropbox.com/s/x/a.png?dl=0
www.dropbox.com/scl/fi/x/a.png?rlkey=k&dl=0 dropbox.com/sh/x?dl=1 dropbox.com/s/x?a=1&raw=1 dropbox.com/s/x?raw=0
dropbox.com/home/x www.dropbox.com/s/x?dl=0&a=1 onedrive.live.com/a onedrive.live.com/download?a 1drv.ms/a
a-b.sharepoint.com/:i:/s/a a.sharepoint.com/a?download=1 a.sharepoint.com/a?x=1&download=1 pan.baidu.com/s/1
yun.baidu.com/s/1 alipan.com/a www.aliyundrive.com/a pan.quark.cn/a wetransfer.com/a we.tl/a icloud.com/a
www.icloud.com/a mega.nz/a mega.io/a app.box.com/s/a box.com/v/a a-1.box.com/file/1 box.com/shared/a
mediafire.com/file/a mediafire.com/view/a mediafire.com/a app.frame.io/a frame.io/a f.io/a fr.pinterest.com/a
www.pinterest.co.uk/a pin.it/a github.com/o/r/blob/main/a/b.png www.github.com/o/r/blob/main/a.png?raw=1
github.com/o/r/tree/main github.com/o/r/raw/main/a.png github.com/o/r gist.github.com/o/1 gist.github.com/o/1/raw
gist.github.com/o/1/raw/a gist.github.com/o/rawer gitlab.com/o/r/-/blob/main/b.png gitlab.com/o/r/-/tree/main
gitlab.com/o/r/-/raw/main/b.png huggingface.co/o/r/blob/main/b.png huggingface.co/datasets/o/r/tree/main
huggingface.co/o/r/resolve/main/b imgur.com/a/b imgur.com/b.jpg imgur.com/b.jpeg imgur.com/b.png imgur.com/b.mp4
imgur.com/b.webp imgur.com/b.pngx i.imgur.com/a.png flickr.com/a flic.kr/a unsplash.com/photos/a
unsplash.com/photos/a/download pexels.com/photo/a pexels.com/download/a www.pexels.com/de-de/download/a
pixabay.com/a pixabay.com/get/a freepik.com/a shutterstock.com/a shutterstock.com/shutterstock/a istockphoto.com/a
gettyimages.co.uk/a elements.envato.com/a artlist.io/a epidemicsound.com/a soundcloud.com/a open.spotify.com/a
spotify.com/a music.apple.com/a giphy.com/gifs/a giphy.com/media/a tenor.com/a figma.com/a canva.com/a notion.so/a
notion.site/a notion.so/image/a behance.net/a dribbble.com/a artstation.com/a midjourney.com/a
de.wikipedia.org/wiki/A commons.wikimedia.org/wiki/File:A.jpg commons.wikimedia.org/wiki/Special:FilePath/A
commons.wikimedia.org/wiki/Special:Redirect/A commons.wikimedia.org/w/a de.wikipedia.org/wiki/Special:Search
cdn.example cdn.example/ cdn.example/?a=1 cdn.example/a.htm cdn.example/a.HTML cdn.example/a.php cdn.example/a.asp
cdn.example/a.aspx cdn.example/a.php?a=1 cdn.example/a.html5 cdn.example/ahtml web.example/a.png v.example/a
notyoutube.com/a youtube.com.example/a www.tiktok.com./a web.tiktok.com/a
"""
NO_ADDRESS = [
    "",
    "a.png",
    "ftp://10.0.0.1/a",
    "http://",
    "https://[",
    "https://a\\b.example/",
    "https:///a",
    " http://10.0.0.1 ",
]


def test_what_is_told_of_each_address(expect: Expect) -> None:
    lines = []
    for host in HOSTS.split():
        url = f"https://{host}/a.png"
        lines += [
            f"{host}: {unreachable(url) or 'nothing'}" + "; fine from here" * (not unreachable(url, loopback=True))
        ]
    for place in PLACES.split():
        found = page_of(f"https://{place}")
        lines += [f"{place}: {' -> '.join(found) if found else 'nothing'}"]
    lines += [f"{url!r}: {unreachable(url) or 'nothing'}, {page_of(url)}" for url in NO_ADDRESS]
    expect(HERE / "addresses.txt", "\n".join(lines) + "\n")


def test_no_host_at_all_is_private() -> None:
    assert is_private("") and not is_private("cdn.example")


SIGNED = {
    "Amazon S3, version 4": "x-amz-signature x-amz-algorithm x-amz-credential x-amz-date x-amz-expires"
    " x-amz-signedheaders x-amz-security-token x-amz-content-sha256 x-amz-region-set",
    "Amazon S3, version 2": "awsaccesskeyid signature expires x-amz-security-token",
    "Amazon CloudFront": "key-pair-id signature expires policy hash-algorithm",
    "Google Cloud Storage, version 4": "x-goog-signature x-goog-algorithm x-goog-credential x-goog-date x-goog-expires"
    " x-goog-signedheaders x-goog-security-token x-goog-content-sha256",
    "Google Cloud Storage, version 2": "googleaccessid signature expires",
    "Azure Storage (SAS)": "sig sv se st sp sr sip spr si ss srt ses sdd skoid sktid skt ske sks skv saoid suoid scid"
    " sduoid skdutid",
    "Alibaba Cloud OSS, version 4": "x-oss-signature x-oss-signature-version x-oss-credential x-oss-access-key-id "
    "x-oss-date x-oss-expires x-oss-additional-headers x-oss-security-token",
    "Alibaba Cloud OSS, version 1": "ossaccesskeyid signature expires security-token",
    "Volcengine TOS": "x-tos-signature x-tos-algorithm x-tos-credential x-tos-date x-tos-expires x-tos-signedheaders"
    " x-tos-signedqueries x-tos-policy x-tos-security-token x-tos-content-sha256",
    "Tencent Cloud COS": "q-signature q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list"
    " x-cos-security-token",
    "Huawei Cloud OBS": "accesskeyid signature expires x-obs-security-token",
}


def test_each_signature_is_known_by_what_it_needs_and_taken_off_whole() -> None:
    assert [s.name for s in SIGNATURES] == list(SIGNED)
    for signature in SIGNATURES:
        words = SIGNED[signature.name].split()
        assert signature.parts == set(words) and signature.source.startswith("https://"), signature.name
        assert signature.as_of == "2026-11-28" and " " not in signature.source
        url = "https://a.example/b?" + "&".join(f"{word.upper()}=1" for word in ["versionId", *words])
        assert signature_of(url) is signature and bare(f"{url}#t=1") == "https://a.example/b?VERSIONID=1#t=1"
        for need in signature.needs:
            left = "&".join(f"{word}=1" for word in words if word != need)
            found = signature_of(f"https://a.example/b?{left}")
            assert found is None, (signature.name, need)
    assert (
        bare("https://a.example/b?sig=1&sv=2") == "https://a.example/b"
        and bare("https://a.example/b?") == "https://a.example/b?"
    )
    assert bare("https://a.example/b?q-signature=1&sig=1&sv=2&c=3") == "https://a.example/b?c=3"
    assert signature_of("https://a.example/sig=1&sv=2") is None


def test_secrets_of_a_line_are_stars() -> None:
    line = "i: https://a.example/b?X-Amz-Signature=abc&sig=de#f 'https://ann:tea@a.example/?security-token=1234' s=9"
    shown = "i: https://a.example/b?X-Amz-Signature=***&sig=**#f 'https://ann:***@a.example/?security-token=****' s=9"
    assert mask_signature(line) == shown
    for plain in ("a: b", "https://a.example/?signed=1", "https://ann@a.example", "https://ann:@a.example", "a:b@c"):
        assert mask_signature(plain) == plain


def test_a_request_has_its_media_bare() -> None:
    url, short = "https://a.example/b?sig=1&sv=2", "https://a.example/b"
    request = {
        "prompt": url,
        "one": url,
        "many": [url, 7, "HTTPS://a.example/b?sig=1&sv=2"],
        "text": "b?sig=1&sv=2",
        "n": 7,
    }
    assert bare_request(request) == {**request, "one": short, "many": [short, 7, "HTTPS://a.example/b"]}
    plain = {"prompt": url, "one": short}
    assert bare_request(plain) is plain and bare_request([url]) == [url] and bare_request(None) is None
    assert bare_request({"a": "http://a.example/b?sig=1&sv=2"}) == {"a": "http://a.example/b"}
