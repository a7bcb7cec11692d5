"""How Sphinx builds the documentation: `python dev.py docs`."""

import doctest

import tensorflowlite_grad

project = "tensorflowlite_grad"
author = "The tensorflowlite_grad developers"
copyright = f"2026, {author}"
release = version = tensorflowlite_grad.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.doctest",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
# In docstrings, `name` is a link where there is such a name, and otherwise code.
default_role = "py:obj"

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

# Signatures name only what users may give: annotations are for type checkers.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False

doctest_default_flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

html_theme = "pydata_sphinx_theme"
html_title = "tensorflowlite_grad"
html_static_path = ["_static"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_depth": 2,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
