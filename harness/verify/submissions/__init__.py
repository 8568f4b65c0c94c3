"""Submissions: a method's records with a ``submission.toml`` that declares their authors and how the method was tuned.

A submission folder is a results folder, so everything that reads results reads it::

    <name>/submission.toml       the declarations, see ``manifest``
    <name>/verification.csv      the states of the records, see ``harness.verify.states``
    <name>/<surrogate set>/<task>/<objective>/<setting>/<method label>.parquet

``harness.verify.submissions.bundle`` makes a submission from a results folder. Reading one needs only the names below.
"""

from __future__ import annotations

from harness.verify.submissions.consistency import check_against, method_label
from harness.verify.submissions.manifest import Submission, Tuning
from harness.verify.submissions.manifest_file import FILE, read_submission, to_toml, write_submission

__all__ = [
    "FILE",
    "Submission",
    "Tuning",
    "check_against",
    "method_label",
    "read_submission",
    "to_toml",
    "write_submission",
]
