"""seedspec: storyboards in git become a validated matrix of video requests, bought once and kept.

The package for programs is `seedspec.api`; importing this one loads nothing.
"""

__version__ = "0.1.0"
