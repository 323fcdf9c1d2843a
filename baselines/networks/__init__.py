"""Networks of the baselines, one module an architecture."""
