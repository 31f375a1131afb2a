"""Takes handed on: timelines, animatics, contact sheets, tables."""
