"""The documents, and the code that builds their site and writes their tables."""
