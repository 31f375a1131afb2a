"""The commands, loaded when they are called."""
