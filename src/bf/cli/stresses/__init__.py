"""The parts of `bf stress`."""
