"""HTML: a page for each table, and index.html with everything."""
