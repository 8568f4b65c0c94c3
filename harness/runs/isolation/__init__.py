"""A method in a process of its own, which never holds the surrogates, the task's name or a hidden metric.

The runner stays where it is. It asks an entry (``entry.Apart``) to make the method and is given a stand-in
(``remote.Remote``), whose calls cross a pipe (``wire``) to the process in which the method lives (``serving``). That
process starts clean and in an empty folder, is told the problem, the method's seed and its settings, and ends with the
run: killed, with everything it started. Where the system can (Linux, ``harness.base.fence``) it can neither read files
of surrogate sets nor use a network. A run gives the same bytes with and without.
"""
