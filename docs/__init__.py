"""The documents as a site, and what makes it from the code (`make docs`)."""
