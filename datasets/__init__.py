"""Datasets: one file for each dataset in `sources/`. Subsets are drawn by seed."""
