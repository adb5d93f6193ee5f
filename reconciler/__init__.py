"""Webhook set-up as code: a YAML file says what webhooks there should be, the tool makes the provider agree.

`from reconciler import load, plan, apply` gives the library of `reconciler.library`, which is loaded then.
"""

from importlib import import_module

__version__ = "0.1.0"
DISTRIBUTION = "webhook-reconciler"
"""What pip calls this. What pip calls `reconciler` is another project, whose `reconciler/__init__.py` hasn't this."""
__all__ = (
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

TYPE_CHECKING = False  # as of `typing`, which takes longer to load than all else here
if TYPE_CHECKING:
    from reconciler.library import (
        Configuration,
        ConfigurationError,
        Plan,
        PlanChangedError,
        PlanRefusedError,
        ReconcilerError,
        Report,
        apply,
        load,
        plan,
    )
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("reconciler.library"), name)
