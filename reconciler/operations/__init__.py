"""Where decisions meet the network: reading accounts, and carrying a plan out under its promises."""
