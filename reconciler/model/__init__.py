"""The nouns of the tool: frozen values that every other package speaks in. No I/O; imports nothing of ours."""
