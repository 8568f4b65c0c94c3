"""Live sources: numbers are computed when they are asked for, by a function."""
