"""People's choices as values: reviews, picks, standings."""
