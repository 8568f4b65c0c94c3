"""Reads the official surrogates' pickles without executing anything, into the project's model form.

``official.read_layout(path, names)`` finds and translates every surrogate of a download, and
``official.read_artefact(folder)`` a single one. How it works: ``compressed`` -> ``machine`` (an inert pickle machine,
see ``callables`` for the closed list of what it stands in for) -> ``columns``, ``target``, ``estimator`` ->
``translate``.
"""
