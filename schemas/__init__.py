"""JSON Schemas of the file and of what the tool prints; shipped in the package as `reconciler.schemas`."""
