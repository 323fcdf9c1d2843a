"""Speed and memory beside the libraries that a user would otherwise use."""
