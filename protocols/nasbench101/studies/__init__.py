"""The studies of NAS-Bench-101, each reached with ``harness study NAME``."""

from __future__ import annotations

from harness.reports.studies import Study
from protocols.nasbench101.studies import bootstrap

STUDIES: dict[str, Study] = {bootstrap.STUDY.name: bootstrap.STUDY}
"""Name -> study."""
