"""A local server that behaves as Shippo's webhook API does, to try things on."""
