"""How calls are made: one at a time by `transport`, politely and as often as they may be by `calls`."""
