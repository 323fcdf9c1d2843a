"""GA-NTK, the paper's methods, in JAX."""
