"""Characters become positioned values: source, nodes, diagnostics, and the door to PyYAML."""
