"""One file for each dataset. Each defines one `Source`."""
