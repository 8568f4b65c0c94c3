"""Surrogate sets on disk: imported from foreign files, fetched, listed, verified and removed (``harness data``).

How a set is stored and computed with is ``harness.sources``; reading foreign pickles is ``harness.sources.foreign``.
"""
