"""A plan is carried out: engine, store and service under one loop that yields events."""
