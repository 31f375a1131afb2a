"""Prompt, fields and media become one judged and priced request: an entry."""
