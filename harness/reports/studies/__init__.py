"""Studies: measurements of a paper, run anew and written as figures, tables and a text beside the paper's own values.

A *study* (``Study``) says which methods to run, and has a pure function from the evidence to a ``Report``. Suites
define the studies, their methods and the published values; ``catalogue`` lists the studies of all suites. ``conduct``
runs the missing runs, and ``write`` writes the files.
"""

from __future__ import annotations

from harness.reports.studies.catalogue import catalogue, find
from harness.reports.studies.conduct import conduct
from harness.reports.studies.study import Arm, Evidence, Report, Study
from harness.reports.studies.tables import Column, Factor, Measured, Table
from harness.reports.studies.write import write

__all__ = [
    "Arm",
    "Column",
    "Evidence",
    "Factor",
    "Measured",
    "Report",
    "Study",
    "Table",
    "catalogue",
    "conduct",
    "find",
    "write",
]
