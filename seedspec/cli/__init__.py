"""The command line: options, what is shown, and one way from words to the stages."""
