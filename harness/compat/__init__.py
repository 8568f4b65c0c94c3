"""The harness in the form of other packages: drop-ins for them, and objectives for their loops."""
