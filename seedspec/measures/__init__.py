"""What a saved video is, as values: black, frozen and silent spans, loudness, cuts; nothing of a storyboard."""
