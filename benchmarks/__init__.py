"""How fast the command is, as ratios to what the same work takes at least: `python -m benchmarks`."""
