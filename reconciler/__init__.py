"""Webhook set-up as code: a YAML file says what webhooks there should be, the tool makes the provider agree.

`from reconciler import load, plan, apply` gives the library of `reconciler.library`, which is loaded then; types read
`__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"
DISTRIBUTION = "webhook-reconciler"
"""What pip calls this. What pip calls `reconciler` is another project, whose `reconciler/__init__.py` hasn't this."""
LIBRARY = (
    "Configuration",
    "ConfigurationError",
    "Plan",
    "PlanChangedError",
    "PlanRefusedError",
    "ReconcilerError",
    "Report",
    "apply",
    "load",
    "plan",
)


def __getattr__(name: str) -> object:
    if name not in LIBRARY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("reconciler.library"), name)
