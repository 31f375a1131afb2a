"""Templates become prompts: compiled once, rendered for each entry, and looked over."""
