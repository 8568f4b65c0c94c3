"""Methods: one file per library or algorithm, all behind the ask/tell interface of ``harness.method``.

``METHODS`` is the registry. Entries name their class lazily, so that listing them imports no optimizer library. Their
order fixes a method's colour in every plot: append new ones.
"""

from __future__ import annotations

from harness.method import Capabilities
from harness.registry import MethodEntry

ANYWHERE = Capabilities()
SINGLE = Capabilities(objectives=("single",))
ONE_AXIS = Capabilities(settings=("mf",), axis="any")
ONE_AXIS_SINGLE = Capabilities(settings=("mf",), objectives=("single",), axis="any")
DIAGONAL = Capabilities(settings=("multi-mf",), axis="all")

METHODS = {
    entry.name: entry
    for entry in (
        MethodEntry(
            "random-search",
            "optimizers.random_search:RandomSearch",
            ANYWHERE,
            "uniform random configurations at full fidelity",
        ),
        MethodEntry(
            "hyperband",
            "optimizers.hyperband:Hyperband",
            ONE_AXIS,
            "Hyperband over the declared fidelity axis (default: epoch)",
        ),
        MethodEntry(
            "hyperband-diagonal",
            "optimizers.hyperband:Hyperband",
            DIAGONAL,
            "Hyperband along the diagonal of the fidelity space",
        ),
        MethodEntry(
            "successive-halving",
            "optimizers.successive_halving:SuccessiveHalving",
            ONE_AXIS,
            "successive halving over the declared fidelity axis (default: epoch)",
        ),
        MethodEntry(
            "regularized-evolution",
            "optimizers.regularized_evolution:RegularizedEvolution",
            ANYWHERE,
            "aging evolution of Real et al., one parameter mutated per child",
        ),
        MethodEntry(
            "reinforce",
            "optimizers.reinforce:Reinforce",
            SINGLE,
            "policy gradient on a categorical distribution per parameter",
        ),
        MethodEntry(
            "local-search",
            "optimizers.local_search:LocalSearch",
            ANYWHERE,
            "hill climbing over neighbours with random restarts",
        ),
        MethodEntry(
            "optuna-tpe",
            "optimizers.optuna_methods:TPE",
            ANYWHERE,
            "Optuna's TPE sampler; multi-objective TPE for two objectives",
            libraries=("optuna",),
            extra="optuna",
        ),
        MethodEntry(
            "optuna-tpe-multivariate",
            "optimizers.optuna_methods:TPE",
            ANYWHERE,
            "Optuna's TPE, always multivariate",
            libraries=("optuna",),
            extra="optuna",
            preset={"multivariate": True},
        ),
        MethodEntry(
            "optuna-nsga2",
            "optimizers.optuna_methods:NSGA2",
            ANYWHERE,
            "Optuna's NSGA-II sampler",
            libraries=("optuna",),
            extra="optuna",
        ),
        MethodEntry(
            "optuna-gp",
            "optimizers.optuna_methods:GP",
            ANYWHERE,
            "Optuna's Gaussian-process sampler",
            libraries=("optuna", "scipy", "torch"),
            extra="optuna-gp",
        ),
        MethodEntry(
            "optuna-tpe-hyperband",
            "optimizers.optuna_methods:TPEHyperband",
            ONE_AXIS_SINGLE,
            "Optuna's TPE with its Hyperband pruner",
            libraries=("optuna",),
            extra="optuna",
        ),
        MethodEntry(
            "optuna-tpe-sh",
            "optimizers.optuna_methods:TPESuccessiveHalving",
            ONE_AXIS_SINGLE,
            "Optuna's TPE with its successive-halving pruner",
            libraries=("optuna",),
            extra="optuna",
        ),
        MethodEntry(
            "pymoo-nsga2",
            "optimizers.pymoo_methods:NSGA2",
            ANYWHERE,
            "pymoo's NSGA-II on mixed variables",
            libraries=("pymoo",),
            extra="pymoo",
        ),
        MethodEntry(
            "pymoo-nsga2-20",
            "optimizers.pymoo_methods:NSGA2",
            ANYWHERE,
            "pymoo's NSGA-II with a population of 20",
            libraries=("pymoo",),
            extra="pymoo",
            preset={"pop_size": 20},
        ),
        MethodEntry(
            "pymoo-ga",
            "optimizers.pymoo_methods:GA",
            SINGLE,
            "pymoo's mixed-variable genetic algorithm",
            libraries=("pymoo",),
            extra="pymoo",
        ),
    )
}

DEFAULTS = {"bb": "random-search", "ca": "random-search", "mf": "hyperband", "multi-mf": "hyperband-diagonal"}
"""Setting -> the method run when none is named."""
