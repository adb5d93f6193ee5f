"""The command line: options in, exit code out. The only package that knows click."""
