"""What was bought, as values: events, states, records, and how histories are joined."""
