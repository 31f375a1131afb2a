"""How much of a report its readers take; known without loading what makes reports."""

from __future__ import annotations

COMMENT = 65_000
"""Characters that a comment on GitHub may have, with some room (it takes 65,536)."""

SUMMARY = 900_000
"""Bytes of a step's summary, with some room: one over 1 MiB is refused as a whole."""
