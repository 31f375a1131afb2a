"""The fixtures of the tests of security."""

from __future__ import annotations

from strangers import command, project

__all__ = ["command", "project"]
