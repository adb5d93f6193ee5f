from typing import Final

from reconciler.library import Configuration as Configuration
from reconciler.library import ConfigurationError as ConfigurationError
from reconciler.library import Plan as Plan
from reconciler.library import PlanChangedError as PlanChangedError
from reconciler.library import PlanRefusedError as PlanRefusedError
from reconciler.library import ReconcilerError as ReconcilerError
from reconciler.library import Report as Report
from reconciler.library import apply as apply
from reconciler.library import load as load
from reconciler.library import plan as plan

__version__: Final[str]
DISTRIBUTION: Final[str]
LIBRARY: Final[tuple[str, ...]]
