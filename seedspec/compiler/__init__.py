"""A storyboard's values become entries, without reading or writing anything."""
