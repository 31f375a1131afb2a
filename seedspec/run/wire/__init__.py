"""What goes over the network: calls to the API with the key, addresses of the web without it; the door to httpx."""

from seedspec.run.wire.body import MOST_JSON
from seedspec.run.wire.exchange import Exchange
from seedspec.run.wire.lanes import CONNECTIONS
from seedspec.run.wire.thread import run
from seedspec.run.wire.web import MOST_REDIRECTS, Deadlines, Piece, Unreachable, Web, environment

__all__ = [
    "CONNECTIONS", "MOST_JSON", "MOST_REDIRECTS", "Deadlines", "Exchange", "Piece", "Unreachable", "Web",
    "environment", "run",
]  # fmt: skip
