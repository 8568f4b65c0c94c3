"""Sources: where numbers come from. Fitted models, tables of trainings, functions, and how they are got and kept.

``shelf`` says which sources lie on disk, ``open`` opens one, ``store`` is their format; ``models``, ``tables`` and
``live`` are the kinds, ``perturbations`` wraps any of them; ``foreign`` reads files of others without running them,
``obtain`` fetches and imports them. Sources are found by name in ``harness.registry``.
"""
