"""Metrics: how good, how varied and how new a set of generated images is."""
