"""The site: `sphinx-build -W docs docs/_build/html`. Nothing on it is loaded from another host."""

from __future__ import annotations

import shutil
from pathlib import Path

from reconciler import DISTRIBUTION, __version__
from reconciler.view.documents import SITE

ROOT = Path(__file__).parent.parent

project = DISTRIBUTION
author = "the webhook-reconciler contributors"
project_copyright = author
release = version = __version__

extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True
# The anchors of headings are GitHub's: a link leads to the same place there and here.
myst_heading_anchors = 3
myst_links_external_new_tab = False
# Only commands are copied, without what they print.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_copy_empty_lines = False

# CI has no network, so only links within the site are checked (also by `docs/links.py`). To check the others:
# sphinx-build -b linkcheck -D linkcheck_ignore= docs docs/_build/linkcheck
linkcheck_ignore = ["https?://"]

html_theme = "furo"
html_title = f"webhook-reconciler {release}"
html_baseurl = SITE
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "source_repository": "https://github.com/webhook-reconciler/webhook-reconciler/",
    "source_branch": "main",
    "source_directory": "docs/",
}
html_static_path = ["_static"]
html_css_files = ["site.css"]

# The schemas have their addresses here: `schemas/NAME.schema.json`.
_extra = ROOT / "docs" / "_build" / "extra"
shutil.copytree(
    ROOT / "schemas", _extra / "schemas", ignore=lambda _, names: [name for name in names if ".schema." not in name],
    dirs_exist_ok=True,
)  # fmt: skip
html_extra_path = [str(_extra)]
