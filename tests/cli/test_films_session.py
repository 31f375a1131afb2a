"""Takes that are looked at, picked, voted on and handed on: `review`, `pick`, `stats`, `export`, whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sessions import Session
from takes import BOARD, Project, bought

from seedspec import api

FIRST, SECOND = "open@look=dawn,hook=question", "close@look=dawn,hook=question"


@pytest.fixture
def kite(folder: Path, clips: tuple[Path, Path]) -> Project:
    """Sixteen takes to review: twelve saved, one failed, one in doubt, two never bought."""
    board = folder / "storyboard.yaml"
    board.write_text(BOARD.format(schema="x.json").replace("</script><b>", "").replace("</b>", ""), encoding="utf-8")
    return bought(board, lambda n: None if n in (13, 15) else clips[n % 2], failed={9: "refused", 11: "doubt"})


def review(kite: Project, who: str, **more: object) -> None:
    """A file that a reviewer has saved from the page."""
    document = {"seedspec_review": 1, "page": {"storyboard": "kite", "digest": "sha256:" + "0" * 64}, "reviewer": who}
    file = kite.folder / "reviews" / f"storyboard.{who}.review.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(document | more), encoding="utf-8")


def pick(kite: Project, address: str) -> dict[str, str]:
    entry = next(e for e in kite.entries() if e.address == address)
    return {"entry": address, "fp": entry.fingerprint[:16]}


def vote(found: dict[str, str], a: str, b: str, winner: str) -> dict[str, object]:
    """What a reviewer says of two takes, or of two films."""
    own = {"a": a, "a_fp": found[a][:16], "b": b, "b_fp": found[b][:16]}
    return own | {"winner": winner, "blind": True, "shown": "ab", "criterion": "overall"}


@pytest.mark.slow
def test_takes_are_looked_at(kite: Project, session: Session) -> None:
    session(
        "review", "review --format json", "review --media inline -s close", "review --guest --media link",
        "review --guest --x look", "review --guest --votes .", "review --guest --y look",
        "review --guest --media inline -s open -o vote.html", "review --blind -s open --format json",
        "review --x look --y hook -o grid.html", "review --x look --y look", "review --x nothing", "review --y lok",
        "review --x take --y shot --votes .", "review --media what", "review --media signed",
        "review --media signed=8d", "review --media signed=0h", "review -o storyboard.yaml",
        "review --guest --format json -s open,take=1", "review --media signed=1h --renders s3://team/x",
    )  # fmt: skip
    session.is_as("review")


@pytest.mark.slow
def test_films_are_made_of_takes(kite: Project, session: Session) -> None:
    session(
        "export otio", "export otio --film", "export otio --film --gaps", "export otio --film --gaps --by look",
        "export otio --film --gaps --format json -s look=dawn", "export otio --film --by nothing",
        "export otio --film -s look=no", "export otio --film --gaps -o films", "export otio --film -o storyboard.yaml",
        "export otio --film --gaps -o storyboard.yaml", "export otio --film --gaps -x look=dawn -x look=noon",
        "export sheet --across 3 --width 400 -s open", "export sheet --film --gaps --width 300 --across 2 -s look=dawn",
        "export animatic --size 64x64 --fps 25 -s open,take=1,look=dawn",
        "export animatic --film --gaps --size 64x80 --fps 24 -s look=dawn,hook=question",
        f"pick {FIRST} 2", f"pick {SECOND} 1", "export otio", "export otio --all",
        "export otio --film --gaps --absolute -s look=dawn", "pick --format json",
    )  # fmt: skip
    session.is_as("films")


@pytest.mark.slow
def test_votes_and_picks_of_reviewers(kite: Project, session: Session) -> None:
    takes = {e.address: e.fingerprint for e in kite.entries()}
    one, two, other = f"{FIRST}/1", f"{FIRST}/2", "open@look=dawn,hook=reveal/1"
    session("stats --film", "stats --axis look", "stats --measure black", "stats --measure blac",
            "stats --measure what",
            "stats --measure black --axis hook --format json", "stats --film --measure black", "stats --by look",
            "stats --measure black --votes .", "stats --film --axis nothing", "stats --film --axis hok",
            "stats --film --by look", "stats --axis nothing", "pick --from storyboard.yaml")  # fmt: skip
    review(kite, "mia", picks=[pick(kite, one)], votes=[vote(takes, one, other, "a"), vote(takes, one, two, "bad")])
    review(kite, "jo", picks=[pick(kite, two)], votes=[vote(takes, one, other, "a")] * 4)
    session("pick --from reviews", "pick --from reviews --force", "pick", "stats", "stats --axis hook --format json",
            "review --votes reviews --format json", "stats --votes reviews/storyboard.mia.review.yaml")  # fmt: skip
    films = {f.name: f.fingerprint for f in api_films(kite)}
    first, second, *_ = films
    (kite.folder / "storyboard.picks.yaml").unlink()
    review(kite, "jo", film_votes=[vote(films, first, second, "a"), vote(films, first, second, "tie")])
    session("stats --film", "stats --film --format json", "stats --film --axis hook", "stats")
    review(kite, "jo", votes=[{"a": 1}])
    session("stats", "stats --film", "review --votes reviews", "pick --from reviews")
    session.is_as("votes")


def api_films(kite: Project) -> tuple[object, ...]:
    from seedspec.choices.picks import Picks
    from seedspec.project.film_rows import films_in

    return tuple(films_in(api.compile(kite.board), Picks()).films)
