"""The lowest room: files, modules, seeds, exact arithmetic and real time. It knows nothing of benchmarks."""
