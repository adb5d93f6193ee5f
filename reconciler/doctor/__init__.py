"""Checks the receivers that the file names: over the network in `probe`, what that means in `judge`."""
