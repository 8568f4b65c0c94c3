"""A static site of a results folder: tables, interactive plots and a compare view that work from a disk, offline.

The numbers, ranks and states come from ``harness.reports.tables``, the colours from ``harness.reports.plots``. Every
surrogate set has a tree of pages of its own. Files: ``contents`` says what there is, ``trajectories``, ``fronts`` and
``pairs`` compute what is drawn, ``pages`` fills the templates, ``folder`` puts the whole site in place.
"""
