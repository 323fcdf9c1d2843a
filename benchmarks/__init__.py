"""Speed and memory, always beside what a user would otherwise take."""
