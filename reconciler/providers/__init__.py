"""The network behind five calls: what is known of a provider, and how it is talked to."""
