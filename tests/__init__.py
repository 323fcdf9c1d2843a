"""The tests. A package, since installed ones bring a `tests` that would be found in its place."""
