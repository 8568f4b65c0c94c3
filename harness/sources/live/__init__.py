"""Live sources: a function computes the numbers when they are asked for."""
