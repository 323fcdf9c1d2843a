"""One file a kind of figure; each draws one subset size of one dataset."""
