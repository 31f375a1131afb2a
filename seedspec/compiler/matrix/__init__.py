"""The rows of a storyboard and of each shot, and what a row sets."""
