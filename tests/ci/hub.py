"""A forge like GitHub with the recipes of the guide in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forge import Books, Forge
from github_runner import Job

from seedspec.project.scaffold import workflow

SOURCE = ("https://github.com/your-org/seedspec", "main")
LOOK = workflow("github", "storyboards.yml", "ads", *SOURCE)
BUY = workflow("github", "videos.yml", "ads", *SOURCE)


@dataclass(frozen=True)
class Hub:
    """A forge like GitHub, where pull request 1 waits for its merge."""

    forge: Forge
    books: Books
    folder: Path
    recipe: str = BUY

    def push(self, sha: str, event: str = "push", **given: str) -> Job:
        """A job of the workflow that buys."""
        number = len(list(self.folder.glob("job-*"))) + 1
        return Job(self.forge, self.books, self.recipe, event, self.folder / f"job-{number}", sha=sha, inputs=given)

    def buy(self, sha: str, event: str = "push", **given: str) -> Job:
        """Such a job to its end, without the page, which one test makes."""
        return self.push(sha, event, **given).run(without=("Make the review page",))
