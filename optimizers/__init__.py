"""Methods: one file per library or algorithm, all behind the ask/tell interface of ``harness.benchmark.method``.

``METHODS`` is the registry. An entry names its class as text, so that listing the methods imports no optimizer library.
A method's place in the registry fixes its colour in every plot, so new methods go to the end.
"""

from __future__ import annotations

from harness.benchmark.method import Capabilities
from harness.benchmark.methods import MethodEntry

ANYWHERE = Capabilities()
SINGLE = Capabilities(objectives=("single",))
ONE_AXIS = Capabilities(settings=("mf",), axis="any")
ONE_AXIS_SINGLE = Capabilities(settings=("mf",), objectives=("single",), axis="any")
DIAGONAL_SINGLE = Capabilities(settings=("multi-mf",), objectives=("single",), axis="all")
DIAGONAL = Capabilities(settings=("multi-mf",), axis="all")
COST_TOLD = Capabilities(settings=("ca", "mf", "multi-mf"))
STOPPING_SINGLE = Capabilities(settings=("mf",), objectives=("single",), axis="any", proceeds=True)

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
            slow=True,
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
        MethodEntry(
            "smac-bo",
            "optimizers.smac_methods:SmacBO",
            SINGLE,
            "SMAC3's hyperparameter-optimization facade: random forest, log EI",
            libraries=("smac", "ConfigSpace", "scikit-learn"),
            extra="smac",
            slow=True,
        ),
        MethodEntry(
            "smac-parego",
            "optimizers.smac_methods:SmacParEGO",
            Capabilities(objectives=("multi",)),
            "smac-bo on two objectives, scalarised by ParEGO",
            libraries=("smac", "ConfigSpace", "scikit-learn"),
            extra="smac",
            slow=True,
        ),
        MethodEntry(
            "smac-eips",
            "optimizers.smac_methods:SmacEIPS",
            Capabilities(settings=("ca", "mf", "multi-mf"), objectives=("single",)),
            "smac-bo by expected improvement per second",
            libraries=("smac", "ConfigSpace", "scikit-learn"),
            extra="smac",
            slow=True,
        ),
        MethodEntry(
            "smac-hb",
            "optimizers.smac_methods:SmacHyperband",
            ONE_AXIS_SINGLE,
            "SMAC3's multi-fidelity facade: model-based Hyperband over the declared axis",
            libraries=("smac", "ConfigSpace", "scikit-learn"),
            extra="smac",
            slow=True,
        ),
        MethodEntry(
            "smac-hb-diagonal",
            "optimizers.smac_methods:SmacHyperband",
            DIAGONAL_SINGLE,
            "SMAC3's multi-fidelity facade along the diagonal",
            libraries=("smac", "ConfigSpace", "scikit-learn"),
            extra="smac",
            slow=True,
        ),
        MethodEntry(
            "hpbandster-rs",
            "optimizers.hpbandster_methods:RandomSearch",
            ANYWHERE,
            "HpBandSter's random search at full fidelity",
            libraries=("hpbandster", "ConfigSpace"),
            extra="hpbandster",
        ),
        MethodEntry(
            "hpbandster-hb",
            "optimizers.hpbandster_methods:HyperBand",
            ONE_AXIS_SINGLE,
            "HpBandSter's Hyperband over the declared axis",
            libraries=("hpbandster", "ConfigSpace"),
            extra="hpbandster",
        ),
        MethodEntry(
            "bohb",
            "optimizers.hpbandster_methods:BOHB",
            ONE_AXIS_SINGLE,
            "BOHB over the declared axis",
            libraries=("hpbandster", "ConfigSpace", "statsmodels", "scipy"),
            extra="hpbandster",
            slow=True,
        ),
        MethodEntry(
            "bohb-diagonal",
            "optimizers.hpbandster_methods:BOHB",
            DIAGONAL_SINGLE,
            "BOHB along the diagonal of the fidelity space",
            libraries=("hpbandster", "ConfigSpace", "statsmodels", "scipy"),
            extra="hpbandster",
            slow=True,
        ),
        MethodEntry(
            "async-random-search",
            "optimizers.random_search:RandomSearch",
            ANYWHERE,
            "random-search under the name it has among asynchronous methods: it never waits",
        ),
        MethodEntry(
            "asha-stopping",
            "optimizers.asha:AsyncHyperband",
            STOPPING_SINGLE,
            "asynchronous successive halving over the declared axis, stopping variant",
            preset={"variant": "stopping", "brackets": 1},
        ),
        MethodEntry(
            "asha-promotion",
            "optimizers.asha:ASHA",
            ONE_AXIS_SINGLE,
            "ASHA: asynchronous successive halving over the declared axis, promotion variant",
        ),
        MethodEntry(
            "async-hyperband",
            "optimizers.asha:AsyncHyperband",
            STOPPING_SINGLE,
            "asynchronous Hyperband over the declared axis, brackets drawn at random; stopping variant unless set",
        ),
        MethodEntry(
            "async-bo",
            "optimizers.async_bo:AsyncBO",
            SINGLE,
            "Gaussian process and expected improvement at full fidelity, pending evaluations fantasised",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            slow=True,
        ),
        MethodEntry(
            "a-bohb-stopping",
            "optimizers.a_bohb:ABOHB",
            STOPPING_SINGLE,
            "A-BOHB: asynchronous Hyperband with a joint Gaussian process, stopping variant",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            preset={"variant": "stopping"},
            slow=True,
        ),
        MethodEntry(
            "a-bohb-promotion",
            "optimizers.a_bohb:ABOHB",
            STOPPING_SINGLE,
            "A-BOHB: asynchronous Hyperband with a joint Gaussian process, promotion variant",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            preset={"variant": "promotion"},
            slow=True,
        ),
        MethodEntry(
            "a-bohb",
            "optimizers.a_bohb:ABOHB",
            STOPPING_SINGLE,
            "A-BOHB; the same as a-bohb-stopping unless its variant is set",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            slow=True,
        ),
        MethodEntry(
            "non-regularized-evolution",
            "optimizers.regularized_evolution:RegularizedEvolution",
            ANYWHERE,
            "evolution whose population loses its worst, not its oldest",
            preset={"aging": False},
        ),
        MethodEntry(
            "gp-bo",
            "optimizers.cost_aware:CostAwareBO",
            ANYWHERE,
            "Gaussian process at full fidelity: expected improvement, of the hypervolume for two objectives",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            preset={"weight": "blind", "design": "random"},
            slow=True,
        ),
        MethodEntry(
            "gp-bo-per-cost",
            "optimizers.cost_aware:CostAwareBO",
            COST_TOLD,
            "gp-bo by expected improvement per unit of predicted cost",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            preset={"weight": "unit", "design": "random"},
            slow=True,
        ),
        MethodEntry(
            "carbo",
            "optimizers.cost_aware:CostAwareBO",
            COST_TOLD,
            "gp-bo with CArBO's cost cooling and cheap initial design",
            libraries=("scipy", "threadpoolctl"),
            extra="gp",
            slow=True,
        ),
        MethodEntry(
            "mo-asha",
            "optimizers.mo_asha:MOASHA",
            Capabilities(settings=("mf",), objectives=("multi",), axis="any"),
            "asynchronous successive halving for two objectives, promotion variant",
        ),
    )
}

DEFAULTS = {"bb": "random-search", "ca": "random-search", "mf": "hyperband", "multi-mf": "hyperband-diagonal"}
"""Setting -> the method that runs when the user names none."""
