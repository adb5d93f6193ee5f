"""The apply machinery, over real HTTP against the sandbox."""
