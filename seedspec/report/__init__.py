"""Plans, events and outcomes as people and programs read them."""
