"""The library part of the official package."""
