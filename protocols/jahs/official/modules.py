"""The modules of the official package that have a stand-in."""

from __future__ import annotations

from harness.suites.stand_in import StandIn

STAND_IN = StandIn(
    "jahs_bench",
    {
        "jahs_bench": "protocols.jahs.official",
        "jahs_bench.api": "protocols.jahs.official.api",
        "jahs_bench.lib": "protocols.jahs.official.lib",
        "jahs_bench.lib.core": "protocols.jahs.official.lib.core",
        "jahs_bench.lib.core.constants": "protocols.jahs.official.lib.core.constants",
        "jahs_bench.lib.core.configspace": "protocols.jahs.official.lib.core.configspace",
    },
)
