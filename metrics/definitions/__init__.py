"""One file a metric; each defines one or more `Metric`s."""
