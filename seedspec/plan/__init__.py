"""Entries meet the lock: what a run would do, why, and what it costs."""
