"""Facts of media files, posters and emulated takes; knows nothing of storyboards."""
