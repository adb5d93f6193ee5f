"""One module a format. Renders views; computes nothing of its own."""
