"""What a method, a dataset and a metric are, and the files that rooms hand to each other."""
