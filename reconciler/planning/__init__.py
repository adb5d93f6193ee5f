"""Configuration and readings in, plan out. Pure: no I/O, no clock, no chance; a provider is only data here."""
