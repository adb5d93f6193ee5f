"""Text to a `Configuration`, or diagnostics: files, variables, shape, and what all of it means."""
