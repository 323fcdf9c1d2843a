"""From runs to the rows of a table, and the table as text."""
