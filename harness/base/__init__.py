"""Ground floor: files, modules, seeds, exact arithmetic and real time. Knows nothing of benchmarks."""
