"""Studies: what a paper measured, run anew, and written as figures, tables and a text beside the paper's own values.

A *study* (``Study``) says what to run and has a pure function from what was found to a ``Report``. Which studies there
are, with which methods and which published values, is policy: ``STUDIES`` of every suite, together ``catalogue``.
``conduct`` runs what is missing and ``write`` leaves the files.
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
