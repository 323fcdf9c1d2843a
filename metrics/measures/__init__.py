"""One file a metric; each defines one or more `Measure`s."""
