"""HTML: a table on a page of its own, and the page of the whole."""
