"""A storyboard's folder on disk: paths, sources, links, git, the key, and what this machine keeps."""
