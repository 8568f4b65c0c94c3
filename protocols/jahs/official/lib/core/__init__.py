"""The constants and the configuration space of the official package."""
