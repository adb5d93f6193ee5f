"""Shippo's webhook API on loopback, to try things on: a server, its store, and a proxy that makes it fail."""
