"""The review page: one static HTML file where people look at takes, compare them, vote and pick."""
