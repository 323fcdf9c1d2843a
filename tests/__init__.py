"""The tests. They are a package, because an installed package `tests` would be found otherwise."""
