"""The steps of the action, and what they share."""
