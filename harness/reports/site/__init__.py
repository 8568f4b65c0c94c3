"""A static site of a results folder: tables, interactive plots and a compare view that work from a disk, offline.

The numbers, ranks and states come from ``harness.reports.tables``, the colours from ``harness.reports.plots``. Every
surrogate set has a tree of pages of its own. ``contents`` collects the entries, ``trajectories``, ``fronts`` and
``pairs`` compute the numbers of the plots, ``pages`` fills the templates, and ``folder`` puts the whole site in place.
"""
