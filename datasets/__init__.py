"""Datasets: one file a dataset under `sources/`, subsets drawn from them by seed."""
