"""One file per kind of figure. Each draws one subset size of one dataset."""
