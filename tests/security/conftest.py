"""The fixtures of the tests of security."""

from __future__ import annotations

from provider_folder import clone, say
from strangers import command, project, started

__all__ = ["clone", "command", "project", "say", "started"]
