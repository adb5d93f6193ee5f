"""Webhook set-up as code: a YAML file says what webhooks there should be, the tool makes the provider agree."""

__version__ = "0.1.0"
