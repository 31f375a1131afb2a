"""Facts of media files, pictures from them, and emulated takes; knows nothing of storyboards."""
