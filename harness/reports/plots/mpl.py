"""The classes of matplotlib that drawings are made of, imported when the first of them is used.

Importing matplotlib takes half a second. Commands that list studies or write a site import modules that could draw, and
draw nothing; they should not wait for it. So drawing modules write ``mpl.Figure`` instead of importing ``Figure``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib import colormaps, rc_context, rcdefaults, rcParams
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, Rectangle
    from matplotlib.text import Text
    from matplotlib.ticker import (
        FixedLocator,
        FuncFormatter,
        LogLocator,
        MaxNLocator,
        NullFormatter,
        NullLocator,
        ScalarFormatter,
        StrMethodFormatter,
    )
    from matplotlib.transforms import ScaledTranslation

_HOMES = {
    "matplotlib": ("colormaps", "rc_context", "rcdefaults", "rcParams"),
    "matplotlib.axes": ("Axes",),
    "matplotlib.backends.backend_agg": ("FigureCanvasAgg",),
    "matplotlib.collections": ("LineCollection",),
    "matplotlib.figure": ("Figure",),
    "matplotlib.layout_engine": ("ConstrainedLayoutEngine",),
    "matplotlib.legend": ("Legend",),
    "matplotlib.lines": ("Line2D",),
    "matplotlib.patches": ("Patch", "Rectangle"),
    "matplotlib.text": ("Text",),
    "matplotlib.ticker": (
        "FixedLocator", "FuncFormatter", "LogLocator", "MaxNLocator", "NullFormatter", "NullLocator",
        "ScalarFormatter", "StrMethodFormatter",
    ),
    "matplotlib.transforms": ("ScaledTranslation",),
}  # fmt: skip

__all__ = [
    "Axes",
    "ConstrainedLayoutEngine",
    "Figure",
    "FigureCanvasAgg",
    "FixedLocator",
    "FuncFormatter",
    "Legend",
    "Line2D",
    "LineCollection",
    "LogLocator",
    "MaxNLocator",
    "NullFormatter",
    "NullLocator",
    "Patch",
    "Rectangle",
    "ScalarFormatter",
    "ScaledTranslation",
    "StrMethodFormatter",
    "Text",
    "colormaps",
    "rcParams",
    "rc_context",
    "rcdefaults",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            found = globals()[name] = getattr(importlib.import_module(home), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
