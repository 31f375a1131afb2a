"""Addresses of media that cannot work: what leads to no public host, and what gives a page with the medium in it.

Nothing is asked of the network: what a host does is known from the table below, by the host's own pages.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from seedspec.text import later
from seedspec.text.value import valueclass


def is_private(host: str) -> bool:
    """Whether a name or an address is one of a private network, or of this machine.

    What a translator of addresses makes of it counts too: an IPv6 address may carry one of IPv4 in it, and full-width
    digits are digits. What a name leads to is seen when it is connected to.
    """
    import ipaddress

    name = unicodedata.normalize("NFKC", host).rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name in ("", "localhost") or name.endswith((".localhost", ".local", ".internal"))
    carried = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address in ipaddress.IPv6Network("64:ff9b:1::/48"):  # what a network's own translator has
            return True
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if any(address in ipaddress.IPv6Network(network) for network in ("64:ff9b::/96", "::/96")):
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        carried += [one for one in inner if one is not None]
        carried = carried[1:] if address.ipv4_mapped else carried  # which is that address, by another name
    return any(not one.is_global or one.is_multicast for one in carried)


def unreachable(url: str, *, loopback: bool = False) -> str:
    """Why a service elsewhere cannot fetch an http address, as the end of a sentence; "" where nothing says so.

    With `loopback` addresses of this machine are fine, as for an API that runs on it.
    """
    parts = _split(url)
    if parts is None:
        return ""
    host = unicodedata.normalize("NFKC", parts.hostname or "").rstrip(".").lower()
    if "@" in parts.netloc:
        return "holds a user name: the service does not send one"
    if loopback and (host == "localhost" or host.startswith("127.") or host == "::1"):
        return ""
    return _why_inside(host)


@lru_cache(maxsize=500)
def _why_inside(host: str) -> str:
    """Why only some machines can reach a host; "" where nothing says so."""
    if is_private(host.partition("%")[0]) or host.endswith(_INSIDE) or _is_odd_number(host):
        return "only one machine or a private network can reach"
    if "." not in host and ":" not in host:
        return "has a host without a domain: only its own network knows it"
    return ""


def page_of(url: str) -> tuple[str, str] | None:
    """What an http address gives in the place of a medium, as the end of a sentence, and what to write; or None."""
    parts = _split(url)
    if parts is None:
        return None
    host = _SUBDOMAIN.sub("", (parts.hostname or "").rstrip(".").lower())
    if parts.path in ("", "/") and not parts.query:
        return "is the first page of a site", _SAVE
    for page in _pages_at(host):
        if re.match(page.path, parts.path + (f"?{parts.query}" if parts.query else "")):
            direct = page.direct(url) if page.replaces else ""
            what = f"is a page of {page.name}, not the file"
            return what, f"write `{direct}`" if direct else page.advice or _SAVE
    if re.search(r"\.(?:html?|php|aspx?)$", parts.path, re.IGNORECASE) and not parts.query:
        return "is a web page by its ending", _SAVE
    return None


@lru_cache(maxsize=500)
def _pages_at(host: str) -> tuple[Page, ...]:
    """The pages that are known of a host, which most addresses of a storyboard share."""
    return tuple([page for page in PAGES if re.fullmatch(page.host, host)])


@valueclass(frozen=True, slots=True)
class Page:
    """A host whose addresses give pages where their path, with the query, begins with `path`; both are patterns.

    `replaces` finds the parts of such an address, and `by` is the address of the file itself, made of them; `advice`
    says what to do where that cannot be made.
    """

    name: str
    host: str
    path: str = ""
    replaces: str = ""
    by: str = ""
    advice: str = ""

    def direct(self, url: str) -> str:
        """The address of the file itself; "" where it cannot be told from the page's."""
        found = re.match(self.replaces, url, re.IGNORECASE)
        return found.expand(self.by) if found else ""


PAGES = (
    Page("YouTube", r"youtube(?:-nocookie)?\.com|youtu\.be"),
    Page("Vimeo", r"(?:player\.)?vimeo\.com", r"/(?!external/|progressive_redirect/)"),
    Page("Bilibili", r"bilibili\.(?:com|tv)|b23\.tv"),
    Page("Douyin", r"douyin\.com|iesdouyin\.com"),
    Page("TikTok", r"tiktok\.com"),
    Page("Instagram", r"instagram\.com"),
    Page("Facebook", r"facebook\.com|fb\.watch"),
    Page("X", r"(?:x|twitter)\.com"),
    Page("Xiaohongshu", r"xiaohongshu\.com|xhslink\.com"),
    Page("Kuaishou", r"kuaishou\.com"),
    Page("Weibo", r"weibo\.(?:com|cn)"),
    Page("Dailymotion", r"dailymotion\.com|dai\.ly"),
    Page("Twitch", r"twitch\.tv|clips\.twitch\.tv"),
    Page("Reddit", r"reddit\.com|redd\.it"),
    Page("Loom", r"loom\.com", r"/(?:share|embed)/"),
    Page(
        "Google Drive", r"drive\.google\.com", r"/(?!uc\b)",
        r"https?://drive\.google\.com/(?:file/(?:u/\d+/)?d/|open\?(?:[^#]*&)?id=)([\w-]+)",
        r"https://drive.google.com/uc?export=download&id=\1",
    ),
    Page("Google Docs", r"docs\.google\.com", r"/(?!uc\b)"),
    Page("Google Photos", r"photos\.google\.com|photos\.app\.goo\.gl"),
    Page("Google", r"google\.[a-z.]+", r"/(?:search|imgres|url)\b"),
    Page(
        "Dropbox", r"dropbox\.com", r"(?!.*[?&](?:dl|raw)=1)/(?:s|scl|sh)/",
        r"(https?://(?:www\.)?dropbox\.com/[^?#]*(?:\?(?:[^#]*?&)?dl=)?)(?:(?<=dl=)0)$", r"\g<1>1",
        "write `dl=1` in the place of `dl=0`, or add it",
    ),
    Page("OneDrive", r"onedrive\.live\.com|1drv\.ms", r"/(?!download)"),
    Page("SharePoint", r"[\w-]+\.sharepoint\.com", r"(?!.*[?&]download=1)"),
    Page("Baidu Pan", r"pan\.baidu\.com|yun\.baidu\.com"),
    Page("Aliyun Drive", r"ali(?:pan|yundrive)\.com"),
    Page("Quark", r"pan\.quark\.cn"),
    Page("WeTransfer", r"wetransfer\.com|we\.tl"),
    Page("iCloud", r"icloud\.com"),
    Page("MEGA", r"mega\.(?:nz|io)"),
    Page("Box", r"(?:[\w-]+\.)?box\.com", r"/(?:s|v|file)/"),
    Page("MediaFire", r"mediafire\.com", r"/(?:file|view)/"),
    Page("Frame.io", r"(?:app\.)?frame\.io|f\.io"),
    Page("Pinterest", r"(?:[a-z]{2}\.)?pinterest\.[a-z.]+|pin\.it"),
    Page(
        "GitHub", r"github\.com", r"/[^/]+/[^/]+/(?:blob|tree)/",
        r"https?://(?:www\.)?github\.com/([^/]+/[^/]+)/blob/([^?#]+)", r"https://raw.githubusercontent.com/\1/\2",
    ),
    Page("GitHub Gist", r"gist\.github\.com", r"/(?!.*/raw(?:/|$))", advice="write the address of its button `Raw`"),
    Page(
        "GitLab", r"gitlab\.com", r"/.+/-/(?:blob|tree)/",
        r"(https?://gitlab\.com/[^?#]+?/-/)blob/([^?#]+)", r"\1raw/\2",
    ),
    Page(
        "Hugging Face", r"huggingface\.co", r"/.+/(?:blob|tree)/",
        r"(https?://huggingface\.co/[^?#]+?/)blob/([^?#]+)", r"\1resolve/\2",
    ),
    Page("Imgur", r"imgur\.com", r"/(?![^/?]+\.(?:jpe?g|png|mp4|webp)\b)"),
    Page("Flickr", r"flickr\.com|flic\.kr"),
    Page("Unsplash", r"unsplash\.com", r"/(?!photos/[^/]+/download)"),
    Page("Pexels", r"pexels\.com", r"/(?!(?:[a-z-]+/)?download/)"),
    Page("Pixabay", r"pixabay\.com", r"/(?!get/)"),
    Page("Freepik", r"freepik\.com"),
    Page("Shutterstock", r"shutterstock\.com", r"/(?!shutterstock/)"),
    Page("iStock", r"istockphoto\.com"),
    Page("Getty Images", r"gettyimages\.[a-z.]+"),
    Page("Envato", r"elements\.envato\.com"),
    Page("Artlist", r"artlist\.io"),
    Page("Epidemic Sound", r"epidemicsound\.com"),
    Page("SoundCloud", r"soundcloud\.com"),
    Page("Spotify", r"open\.spotify\.com"),
    Page("Apple Music", r"music\.apple\.com"),
    Page("GIPHY", r"giphy\.com", r"/(?!media/)"),
    Page("Tenor", r"tenor\.com"),
    Page("Figma", r"figma\.com"),
    Page("Canva", r"canva\.com"),
    Page("Notion", r"notion\.(?:so|site)", r"/(?!image/)"),
    Page("Behance", r"behance\.net"),
    Page("Dribbble", r"dribbble\.com"),
    Page("ArtStation", r"artstation\.com"),
    Page("Midjourney", r"midjourney\.com"),
    Page("Wikimedia", r"[a-z-]+\.wikipedia\.org|commons\.wikimedia\.org", r"/wiki/(?!Special:(?:FilePath|Redirect))"),
)  # fmt: skip
"""Hosts that show a medium inside of a page, or ask for a click before they give it."""

_SAVE = "save the file and name it by its path, or give an address that is the file itself"
_SUBDOMAIN = later.pattern(r"\A(?:www|m|mobile|vm|vt|v|old|web)\.(?=[^.]+\.)")
_INSIDE = tuple(f".{end}" for end in (
    "localdomain", "lan", "home", "home.arpa", "corp", "intranet", "intra", "private", "onion",
))  # fmt: skip
"""Ends of names that public servers do not know, beside those of `is_private`."""


def _is_odd_number(host: str) -> bool:
    """Whether a host is an address of IPv4 in a form that hides it, as `0x7f000001`, `2130706433` or `127.1`."""
    number = "(?:0x[0-9a-f]*|[0-9]+)"
    if not re.fullmatch(rf"{number}(?:\.{number}){{0,3}}", host):
        return False
    return not re.fullmatch(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}", host)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme.lower() in ("http", "https") and parts.hostname and "\\" not in parts.netloc
        return parts if whole else None
    except ValueError:
        return None
