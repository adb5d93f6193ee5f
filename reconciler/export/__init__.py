"""Webhooks as a file: what `export`, `export --missing` and `apply --backup` write. Only texts are made here."""
