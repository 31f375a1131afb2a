"""The preview: a page of prompts as they will be sent, for people to read before anything is bought."""
