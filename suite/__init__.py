"""What every room shares: configuration, artefacts, registries, seeds and provenance."""
