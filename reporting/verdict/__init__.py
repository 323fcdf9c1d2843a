"""What the numbers of a table support, in sentences."""
