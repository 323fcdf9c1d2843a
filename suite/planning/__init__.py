"""What a reproduction is, what it costs, and what the workflow is told of it."""
