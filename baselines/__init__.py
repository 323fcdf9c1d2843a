"""The GANs that the paper compares with, in PyTorch."""
