"""Tables and figures: our numbers beside the published ones."""
