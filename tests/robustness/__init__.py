"""The fault run: drawn files, accounts, faults, deaths and overlaps; judged by the server's own log of effects."""
