"""Links, images and names of files lead somewhere, in all pages for people; no page and no picture is left over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOP = [ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [*TOP, *sorted(DOCS.glob("*.md"))]
FOR_AUTHORS = [
    ROOT / "CONTRIBUTING.md", DOCS / "architecture.md", DOCS / "performance.md", DOCS / "performance-runs.md",
]  # fmt: skip
"""Pages that name the project's own files, without links."""

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(
    r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|\b(?:src|href)=\"([^\"]+)\"|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE
)
_NAME = re.compile(r"`([\w./-]+\.(?:py|md|json|yaml|svg|webp|toml))`|`((?:[\w.-]+/)+)`|`((?:\.ci|tests)/[\w/]+)`")
_PYTEST = re.compile(r"\b(?:tests|docs)/[\w/.-]+")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def targets(page: Path) -> set[str]:
    """What a page links to and shows; what stands in code is neither."""
    return {next(filter(None, found)) for found in _LINK.findall(_CODE.sub("", prose(page)))}


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page: the second of one name has a number."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", prose(page), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(" ", "-")
        many = found[name] = found.get(name, -1) + 1
        if many:
            found[f"{name}-{many}"] = 0
    return found.keys() | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", prose(page)))


def broken(page: Path) -> list[str]:
    """The links of a page that lead to no file, or to no heading of one."""
    found = []
    for target in targets(page):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (anchor and (file.suffix != ".md" or anchor not in anchors(file))):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
@pytest.mark.slow
def test_links_and_images_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    other = tmp_path / "other.md"
    other.write_text("# One thing, and `another`\n## Same\n## Same\n```sh\n# none\n```\n", encoding="utf-8")
    page.write_text(
        "[a](other.md#one-thing-and-another) [b](other.md#same-1) `[c](gone.md)` [d](https://example.com/#x)\n"
        '[e](other.md#none) [f](gone.md) ![g](gone.webp) <img src="gone.svg">\n[h]: gone.txt\n[i](#here)\n# Here\n',
        encoding="utf-8",
    )
    assert set(broken(page)) == {"other.md#none", "gone.md", "gone.webp", "gone.svg", "gone.txt"}


def test_every_picture_is_shown_somewhere() -> None:
    shown = {(page.parent / target).resolve() for page in PAGES for target in targets(page) if "://" not in target}
    assert [p.name for p in sorted((DOCS / "images").iterdir()) if p.resolve() not in shown] == []


def test_every_guide_is_linked_from_the_readme_or_from_a_guide_of_it() -> None:
    reached, rest = set(), [ROOT / "README.md"]
    while rest:
        page = rest.pop().resolve()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        rest += [page.parent / t.partition("#")[0] for t in targets(page) if "://" not in t and t.partition("#")[0]]
    assert [p.name for p in PAGES if p.resolve() not in reached] == []


@pytest.mark.parametrize("page", FOR_AUTHORS, ids=lambda p: p.name)
def test_the_files_that_are_named_exist(page: Path) -> None:
    """A file is named from the top, or below seedspec/ as the rooms are; a test by its own name alone."""
    names = {next(filter(None, found)) for found in _NAME.findall(prose(page))}
    for command in re.findall(r"`((?:pytest|python) [^`]+)`", prose(page)):
        names |= set(_PYTEST.findall(command))
    assert names
    assert [name for name in sorted(names) if not exists(name)] == []


def exists(name: str) -> bool:
    if name in ("storyboard.yaml", "provider.json", "prices.json") or re.search(r"\b(MODEL|PROVIDER)\b", name):
        return True  # of whoever writes one
    if any((top / name).exists() for top in (ROOT, ROOT / "seedspec")):
        return True
    return "/" not in name and any((ROOT / "tests").rglob(name))
