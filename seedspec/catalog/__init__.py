"""What providers and models offer and cost, from the files in schemas/."""
