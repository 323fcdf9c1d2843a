"""One file a feature extractor; each defines one `Extractor`."""
