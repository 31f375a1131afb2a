"""seedspec: storyboards in git become a validated matrix of video requests, bought once and kept."""

__version__ = "0.1.0"
