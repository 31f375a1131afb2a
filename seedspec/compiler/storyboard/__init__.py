"""The storyboard as types, its reader, its profiles, and text that YAML swallowed."""
