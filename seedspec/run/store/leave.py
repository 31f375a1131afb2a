"""What a shared ledger says to an intent that must not be carried out."""

from __future__ import annotations

from seedspec.run.engine.messages import Theirs


class TakenElsewhere(Exception):
    """Another runner of the shared ledger has this purchase; the request must not leave."""

    def __init__(self, theirs: Theirs) -> None:
        super().__init__(theirs.runner)
        self.theirs = theirs


class NotGranted(Exception):
    """The shared ledger gives no leave to buy this, nor anything more in this run; the message says why."""

    def __init__(self, code: str, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.code, self.exit = code, exit_code


class NotYet(Exception):
    """The shared ledger still lacks what this run has bought: the next request waits for that, and the run goes on."""
