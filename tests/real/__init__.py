"""Webhook APIs as their services really have them: servers of other people's, installed and run on this machine."""
