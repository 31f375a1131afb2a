"""A Markdown document becomes records: the rows of its tables, or its sections, each with its prompt and its list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from seedspec.catalog.slot import Kind
from seedspec.compiler.prompt.mentions import every_mention
from seedspec.project.importing import table
from seedspec.project.importing.delimited import Row
from seedspec.project.importing.roles import Words, bare, is_address, kind_of_address
from seedspec.project.importing.values import MOST_COLUMNS, MOST_RECORDS, Cell, ImportFault, Material, Numbered, Record
from seedspec.text.near import shorten
from seedspec.text.value import valueclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*(\S*)")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_RULE = re.compile(r"\s*+\|?(?:\s*+:?-++:?\s*+\|)++(?:\s*+:?-++:?)?\s*$")
_FIELD = re.compile(
    r"\s*(?:[-*+]|\d+[.)])?\s*(?:\*\*|__)\s*([^*_:：\n]{1,40}?)\s*[:：]?\s*(?:\*\*|__)\s*[:：]?\s*(.*)"
    r"|\s*(?:[-*+]|\d+[.)])\s+([^:：\n]{1,40}?)\s*[:：]\s+(.*)"
    r"|([A-Za-z][A-Za-z _]{0,30}|[^\W\d_a-zA-Z]{1,12})[:：]\s*(\S.*)"
)
_TIMES = re.compile(r"[(（\[]?\s*(\d{1,2}):(\d{2})(?:\.\d+)?\s*[-–—~〜～到至]\s*(\d{1,2}):(\d{2})(?:\.\d+)?\s*[)）\]]?")
_SHOT = re.compile(
    r"(?i)^\W*(?:shot|scene|clip|segment|part|镜头|分镜|場面|シーン|ショット|カット|クリップ|镜)\W*\d*|^\W*\d+\b"
)


_LONGEST = 2000
MOST_TEXT = 4_000_000


@valueclass(frozen=False, slots=True)
class _Section:
    """A heading and what stands below it, up to the next one."""

    title: str
    place: str
    level: int
    fields: dict[str, Cell] = field(default_factory=dict)
    fences: list[Cell] = field(default_factory=list)
    paragraphs: list[tuple[str, list[str]]] = field(default_factory=list)
    tables: list[list[Row]] = field(default_factory=list)

    @property
    def prose(self) -> list[Cell]:
        """Its paragraphs, each with the place of its first line."""
        return [Cell("\n".join(lines), place) for place, lines in self.paragraphs]


def read(material: Material, text: str, words: Words) -> None:
    """The records of a document, and its media by number. Raises ImportFault where nothing in it is a prompt."""
    if len(text) > MOST_TEXT:
        raise ImportFault(
            f"{material.path}: the document has more than {MOST_TEXT:,} characters; import a part at a time"
        )
    sections = list(_sections(material.path, re.sub("\r\n?", "\n", text), words))
    tables = [t for s in sections for t in s.tables]
    for one in tables:
        _number_media(material, one)
    with_prompts = [t for t in tables if words.known([c.text for c in t[0].cells]) >= 10]
    material.title = next((s.title for s in sections if s.level == 1), "")
    if with_prompts:
        _rows(material, with_prompts, words)
        for section in sections:
            _share(material, section, words)
        return
    are_shots = [s.level > 0 and _prompt(s, words) is not None for s in sections]
    if not any(are_shots):
        raise ImportFault(
            f"{material.path}: no prompts found; expected a table with a column `prompt`, or a heading for each shot "
            "with its prompt in a fence of three backticks below it"
        )
    material.list_name = "shots"
    if any(s.title == material.title for s, is_shot in zip(sections, are_shots, strict=True) if is_shot):
        material.title = ""
    for section, is_shot in zip(sections, are_shots, strict=True):
        if is_shot:
            material.records.append(_record(section, words))
        else:
            _share(material, section, words)
    for record in material.records:
        for name, cell in record.cells.items():
            material.columns.setdefault(name, cell.place)


def _rows(material: Material, tables: Sequence[list[Row]], words: Words) -> None:
    """Tables with the same names of columns are one, such as one for each scene."""
    first = [c.text for c in tables[0][0].cells]
    rows = list(tables[0])
    for other in tables[1:]:
        if [c.text for c in other[0].cells] == first:
            rows += other[1:]
        else:
            material.remark(
                other[0].place, "left out: a second table with prompts has other columns; import it by itself"
            )
    table.fill(material, rows, words.known)


def _record(section: _Section, words: Words) -> Record:
    prompt = _prompt(section, words)
    assert prompt is not None
    title, seconds = _split_time(section.title)
    cells = {"id": Cell(title, section.place), "prompt": prompt}
    if seconds:
        cells["duration"] = Cell(seconds, section.place)
    for name, cell in section.fields.items():
        if words.meaning(name).keys[:1] != ("prompt",):
            cells["id" if words.meaning(name).keys[:1] == ("id",) else name] = cell
    if cells["id"].text != title or re.search(r"\w\W+\w*[^\W\d]{3,}", title):
        cells["title"] = Cell(title, section.place)
        cells["id"] = _short_id(cells["id"])
    rest = [c for c in (*section.prose, *section.fences) if c.text not in prompt.text]
    if rest:
        cells["notes"] = Cell("\n".join(c.text for c in rest), rest[0].place)
    return Record(section.place, cells)


def _short_id(cell: Cell) -> Cell:
    """`Shot 1: Opening` is `Shot 1`."""
    m = re.match(r"\W*([^\W_]+\W?\d+|\d+)\s*(?:[:：.|—–-]|\s)", cell.text)
    return Cell(m[1], cell.place) if m else cell


def _prompt(section: _Section, words: Words) -> Cell | None:
    """The prompt of a section: a field of that name, else its first fence, else its text below a heading of a shot."""
    for name, cell in section.fields.items():
        if words.meaning(name).keys[:1] == ("prompt",) and not cell.empty:
            return cell
    if section.fences:
        return section.fences[0]
    if (prose := section.prose) and _SHOT.match(section.title):
        return Cell("\n".join(c.text for c in prose), prose[0].place) if len(prose) > 1 else prose[0]
    return None


def _split_time(title: str) -> tuple[str, str]:
    """A heading without its span of time, and the seconds of that, "" for none."""
    m = _TIMES.search(title)
    if m is None:
        return title.strip(), ""
    seconds = int(m[3]) * 60 + int(m[4]) - int(m[1]) * 60 - int(m[2])
    rest = f"{title[: m.start()]}{title[m.end() :]}".strip(" -–—:：·|")
    return rest or title.strip(), str(seconds) if seconds > 0 else ""


def _share(material: Material, section: _Section, words: Words) -> None:
    """What stands outside of the shots and holds for all: fields, and values of fields that stand in a line."""
    for name, cell in section.fields.items():
        if words.meaning(name).keys or words.meaning(name).holds:
            material.shared.setdefault(name, cell)
    for cell in section.prose:
        _guess_values(material, cell, words)
    for name, cell in section.fields.items():
        if not words.meaning(name).keys:
            _guess_values(material, Cell(f"{name}: {cell.text}", cell.place), words)


def _guess_values(material: Material, cell: Cell, words: Words) -> None:
    properties = words.model.schema.document["properties"]
    told = {key for name in material.shared for key in words.meaning(name).keys[:1]}
    for part in re.split(r"[\s,;、，；/()（）|：]+|(?<=\D):|:(?=\s)", cell.text):
        for name in words.model.fields:
            if len(part) > 2 and part in properties[name].get("enum", ()) and name not in told:
                told.add(name)
                material.shared[name] = Cell(part, cell.place)
                material.remark(cell.place, f"guessed: `{part}` is the `{name}` of all shots")


def _number_media(material: Material, rows: list[Row]) -> None:
    """A table that has media by number: a cell that is a mention alone, and one that is an address."""
    for row in rows[1:]:
        cells = [c for c in row.cells if not c.empty]
        number = next((c for c in cells if _mention(c.text)), None)
        target = next((c for c in cells if c is not number and is_address(bare(c.text))), None)
        if number is None or target is None:
            continue
        kind, count = _mention(number.text) or ("image", 0)
        rest = "; ".join(c.text.strip() for c in cells if c not in (number, target))
        if (held := kind_of_address(bare(target.text))) is not None and held != kind:
            material.remark(
                target.place, f"changed: `{shorten(bare(target.text))}` is of kind {held}, and is named {kind} {count}"
            )
        material.media.append(Numbered(kind, count, Cell(bare(target.text), target.place), rest))


def _mention(text: str) -> tuple[Kind, int] | None:
    plain = text.strip().strip("`*")
    found = every_mention(plain)
    whole = [m for m in found if m.start <= 1 and m.end >= len(plain) - 1]
    return (whole[0].kind, whole[0].number) if len(whole) == 1 else None


def _sections(path: str, text: str, words: Words) -> Iterator[_Section]:
    lines = text.split("\n")
    long = next((n for n, line in enumerate(lines, 1) if "|" in line and len(line) > 5 * _LONGEST), 0)
    if long:
        raise ImportFault(f"{path}:{long}:1: the line has more than {5 * _LONGEST:,} characters")
    section = _Section("", f"{path}:1:1", 0)
    at = headings = 0
    if lines[0].strip() == "---" and "---" in (line.strip() for line in lines[1:60]):
        at = 1  # front matter is a list of fields
        while lines[at].strip() != "---":
            _line(section, path, lines, at, words)
            at += 1
        at += 1
    while at < len(lines):
        line = lines[at]
        if m := _FENCE.match(line):
            end = at + 1
            while end < len(lines) and not re.match(rf" {{0,3}}{re.escape(m[1])}+\s*$", lines[end]):
                end += 1
            if end == len(lines):
                raise ImportFault(f"{path}:{at + 1}:1: this fence is never closed; close it with `{m[1]}`")
            content = "\n".join(lines[at + 1 : end]).strip("\n")
            if content.strip() and m[2].lower() not in ("json", "yaml", "yml", "sh", "bash", "python", "mermaid"):
                section.fences.append(Cell(content, f"{path}:{at + 2}:1"))
            at = end + 1
        elif len(line) < _LONGEST and (m := _HEADING.match(line)):
            headings += 1
            if headings > MOST_RECORDS:
                raise ImportFault(f"{path}:{at + 1}:1: the document has more than {MOST_RECORDS:,} headings")
            yield section
            section = _Section(m[2].strip("*_ "), f"{path}:{at + 1}:1", len(m[1]))
            at += 1
        elif "|" in line and at + 1 < len(lines) and _RULE.match(lines[at + 1]):
            rows = [_row(path, line, at)]
            at += 2
            while at < len(lines) and "|" in lines[at] and lines[at].strip():
                rows.append(_row(path, lines[at], at))
                at += 1
            section.tables.append(rows)
        else:
            _line(section, path, lines, at, words)
            at += 1
    yield section


def _line(section: _Section, path: str, lines: list[str], at: int, words: Words) -> None:
    line = lines[at]
    if not line.strip() or re.fullmatch(r"\s*(?:[-*_]\s*){3,}", line):
        return
    place = f"{path}:{at + 1}:{len(line) - len(line.lstrip()) + 1}"
    m = _FIELD.fullmatch(line) if len(line) < _LONGEST else None
    name, value = (m[1] or m[3] or m[5], m[2] or m[4] or m[6] or "") if m else ("", "")
    if m is not None and name and (not m[5] or words.meaning(name).keys or words.meaning(name).holds):
        plain = value.strip().strip("`").strip()
        start = line.find(value.strip()) if value.strip() else len(line)
        section.fields.setdefault(name.strip(), Cell(plain, f"{path}:{at + 1}:{max(0, start) + 1}"))
        return
    said = re.sub(r"^\s*(?:>|[-*+]\s|\d+[.)]\s)\s*", "", line).strip()
    if section.paragraphs and at and lines[at - 1].strip():
        section.paragraphs[-1][1].append(said)
    else:
        section.paragraphs.append((place, [said]))


def _row(path: str, line: str, at: int) -> Row:
    """The cells of a line with pipes; `\\|` is no border."""
    cells: list[Cell] = []
    start = len(line) - len(line.lstrip()) + line.lstrip().startswith("|")
    end = len(line.rstrip())
    for m in re.finditer(r"((?:[^|\\]|\\.)*+)(\||$)", line[start:end]):
        if m.start() == end - start and cells:
            break
        text = m[1]
        lead = len(text) - len(text.lstrip())
        shown = re.sub(r"(?i)<br\s*/?>", "\n", text.strip().replace("\\|", "|"))
        cells.append(Cell(shown, f"{path}:{at + 1}:{start + m.start() + lead + 1}"))
    if len(cells) > MOST_COLUMNS:
        raise ImportFault(f"{path}:{at + 1}:1: found {len(cells):,} columns; at most {MOST_COLUMNS} are read")
    return Row(f"{path}:{at + 1}:1", cells)
