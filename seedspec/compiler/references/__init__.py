"""What a reference stands for, and whether the model takes it."""
