"""Sources: the places where numbers come from. Fitted models, tables of trainings and functions.

``models``, ``tables`` and ``live`` are the kinds of sources, and ``perturbations`` wraps a source of any kind.
``shelf`` lists the sources on disk, ``open`` opens one, and ``store`` is their format. ``foreign`` reads other people's
files without executing anything in them, ``obtain`` fetches and imports them. ``harness.registry`` finds a source by
its name.
"""
