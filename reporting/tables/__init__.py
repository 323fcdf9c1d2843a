"""The rows of a table from its runs, and the table as text."""
