"""Fetches archives of surrogates, unpacks them, and imports foreign files as sources (``harness data``).

``harness.sources.foreign`` reads the foreign files.
"""
