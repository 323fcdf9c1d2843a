"""One file a dataset; each defines one `Source`."""
