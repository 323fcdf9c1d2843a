"""One file a table; each defines one `Table`, whose published values are in resources/paper/."""
