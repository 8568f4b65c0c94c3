"""Sources that are fitted models: trees, their evaluation in C or NumPy, and the class ``SurrogateSet``."""
