"""The C extension of the surrogate evaluator; everything else of the build is in pyproject.toml.

It is optional: without a compiler the installation succeeds and the NumPy reference computes the same bits, slower.
With ``HARNESS_REQUIRE_NATIVE=1`` in the environment the build fails instead, so that no wheel lacks the extension.
"""

import os
import sys

from setuptools import Extension, setup

# Fused multiply-add would round differently from the NumPy reference.
flags = ["/O2", "/fp:precise"] if sys.platform == "win32" else ["-O3", "-ffp-contract=off", "-fno-math-errno"]
setup(
    ext_modules=[
        Extension(
            "harness.sources.models._native",
            ["harness/sources/models/_native.c", "harness/sources/models/_forest.c"],
            depends=["harness/sources/models/_forest.h"],
            optional=not os.environ.get("HARNESS_REQUIRE_NATIVE"),
            extra_compile_args=flags,
        )
    ]
)
