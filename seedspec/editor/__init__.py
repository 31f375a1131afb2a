"""The language server: what editors ask about a storyboard while it is written, answered by the compiler."""
