"""Kernels: Gram matrices of infinitely wide networks. `gram.py` is the door."""
