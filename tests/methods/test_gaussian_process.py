"""The Gaussian process of the asynchronous methods: its numbers against closed forms, sampling and a reference."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the Gaussian process needs the extra [gp]")

from scipy import integrate, stats

from harness.benchmark.space import Categorical, Float, Integer, Space
from optimizers.gaussian_process.acquisition import best_points, expected_improvement
from optimizers.gaussian_process.data import TARGETS, kept, scaled
from optimizers.gaussian_process.decay import ExponentialDecay
from optimizers.gaussian_process.encoding import STEPS, Encoder
from optimizers.gaussian_process.hyperparameters import NOISE, Array, Model, bounds, draw, log_prior, starts
from optimizers.gaussian_process.likelihood import fit, log_likelihood
from optimizers.gaussian_process.matern import Matern, matern52
from optimizers.gaussian_process.posterior import Posterior, cholesky
from optimizers.gaussian_process.refits import Refits

MODELS: dict[str, Model] = {
    "matern": Matern(4, 4), "decay": ExponentialDecay(3, 3), "decay-0": ExponentialDecay(3, 3, 0.0),
    "decay-1": ExponentialDecay(3, 3, 1.0),
}  # fmt: skip
every_model = pytest.mark.parametrize("model", list(MODELS.values()), ids=list(MODELS))


def entries(model: Model) -> tuple[Any, ...]:
    return (*model.hyperparameters, NOISE)


def some_theta(model: Model, seed: int) -> Array:
    """Away from the bounds."""
    rng = np.random.default_rng(seed)
    theta = starts(entries(model)) + 0.4 * rng.standard_normal(len(entries(model)))
    names = [entry.name for entry in entries(model)]
    if "delta" in names:
        theta[names.index("delta")] = 0.2 + 0.6 * rng.random()
    return theta


def some_data(seed: int, n: int = 14) -> tuple[Array, Array]:
    """Rows of three numbers and a resource, which repeats as rungs do; targets."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.random((n, 3)), rng.choice([0.01, 0.11, 0.33, 1.0], n)])
    return x, rng.standard_normal(n)


def differences(function: Any, at: Array, h: float = 1e-5) -> Array:
    """The gradient by central differences."""
    return np.array([(function(at + h * e) - function(at - h * e)) / (2 * h) for e in np.eye(len(at))])


# Models -----------------------------------------------------------------------------------------------------------


def test_matern_is_its_formula() -> None:
    rho = 0.7
    expected = 2.0 * (1 + math.sqrt(5) * rho + 5 / 3 * rho**2) * math.exp(-math.sqrt(5) * rho)
    assert matern52(np.array([[0.0]]), np.array([[rho]]), 2.0)[0, 0] == pytest.approx(expected, rel=1e-14)
    assert matern52(np.ones((1, 9)), np.ones((1, 9)), 2.0)[0, 0] == pytest.approx(2.0, rel=1e-7)


@every_model
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_entry_of_the_gradient_against_finite_differences(model: Model, seed: int) -> None:
    theta, (x, y) = some_theta(model, seed), some_data(seed)
    _, gradient = log_likelihood(model, theta, x, y)
    expected = differences(lambda t: log_likelihood(model, t, x, y)[0], theta)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@every_model
def test_the_priors_gradient_against_finite_differences(model: Model) -> None:
    theta = some_theta(model, 3)
    _, gradient = log_prior(entries(model), theta)
    np.testing.assert_allclose(
        gradient, differences(lambda t: log_prior(entries(model), t)[0], theta), rtol=1e-6, atol=1e-9
    )


@every_model
def test_prior_covariance_and_variance_agree(model: Model) -> None:
    theta, (x, _) = some_theta(model, 4), some_data(4)
    mean, covariance, _ = model.prior(theta, x)
    np.testing.assert_allclose(mean, model.mean(theta, x), rtol=1e-12)
    np.testing.assert_allclose(covariance, model.covariance(theta, x, x), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.diag(covariance), model.variance(theta, x), rtol=1e-6)
    np.testing.assert_allclose(model.covariance(theta, x[:3], x[5:]), covariance[:3, 5:], rtol=1e-12, atol=1e-14)


@every_model
@pytest.mark.parametrize("seed", range(5))
def test_the_covariance_is_positive_semi_definite(model: Model, seed: int) -> None:
    theta, (x, _) = draw(entries(model), np.random.default_rng(seed)), some_data(seed, 60)
    values = np.linalg.eigvalsh(model.covariance(theta, x, x))
    assert values[0] > -1e-8 * values[-1]


def decay_values(theta: Array) -> tuple[float, float, float, float, float]:
    """Alpha, beta, gamma, delta and the asymptotes' mean of the model with a learned delta on three columns."""
    alpha, beta, gamma = np.exp(theta[5:8])
    return float(alpha), float(beta), float(gamma), float(theta[8]), float(theta[4])


def test_exponential_decay_is_what_its_definition_gives_by_quadrature() -> None:
    """f(x, r) = gamma e^{-lambda r} + f(x) (1 - delta e^{-lambda r}), integrated over lambda, f(x) Gaussian."""
    model, theta = ExponentialDecay(3, 3), some_theta(MODELS["decay"], 5)
    alpha, beta, gamma, delta, m = decay_values(theta)
    x, _ = some_data(5, 4)
    asymptotes = matern52(x[:, :-1] / np.exp(theta[:3]), x[:, :-1] / np.exp(theta[:3]), math.exp(theta[3]))

    def expectation(function: Any) -> float:
        prior = stats.gamma(alpha, scale=1 / beta)
        return float(integrate.quad(lambda u: function(prior.ppf(u)), 0.0, 1.0, epsrel=1e-7)[0])

    def mean_given(rate: float, r: float) -> float:
        return gamma * math.exp(-rate * r) + m * (1 - delta * math.exp(-rate * r))

    means = [expectation(lambda rate, r=r: mean_given(rate, r)) for r in x[:, -1]]
    np.testing.assert_allclose(model.mean(theta, x), means, rtol=1e-6)
    covariance = model.covariance(theta, x, x)
    for i, r in enumerate(x[:, -1]):
        for j, s in enumerate(x[:, -1]):
            within = expectation(
                lambda rate, r=r, s=s: (1 - delta * math.exp(-rate * r)) * (1 - delta * math.exp(-rate * s))
            )
            between = expectation(lambda rate, r=r, s=s: mean_given(rate, r) * mean_given(rate, s))
            expected = asymptotes[i, j] * within + between - means[i] * means[j]
            assert covariance[i, j] == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_exponential_decay_against_monte_carlo() -> None:
    """Functions drawn as the model says, and their sample mean and covariance."""
    model, theta = ExponentialDecay(3, 3), some_theta(MODELS["decay"], 6)
    alpha, beta, gamma, delta, m = decay_values(theta)
    rng, n = np.random.default_rng(6), 400_000
    x = np.array([[0.1, 0.2, 0.3, 0.01], [0.1, 0.2, 0.3, 1.0], [0.9, 0.5, 0.3, 0.11]])
    scaled = x[:, :-1] / np.exp(theta[:3])
    asymptotes = rng.multivariate_normal(np.full(3, m), matern52(scaled, scaled, math.exp(theta[3])), n)
    fallen = np.exp(-rng.gamma(alpha, 1 / beta, n)[:, None] * x[:, -1])
    curves = gamma * fallen + asymptotes * (1 - delta * fallen)
    np.testing.assert_allclose(model.mean(theta, x), curves.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(model.covariance(theta, x, x), np.cov(curves.T), atol=0.02)


def test_the_ends_of_delta() -> None:
    """With delta = 1 all configurations start from gamma for certain; with 0 they start from asymptote + gamma."""
    x = np.column_stack([np.random.default_rng(7).random((5, 3)), np.zeros(5)])
    one, zero = MODELS["decay-1"], MODELS["decay-0"]
    theta = some_theta(one, 7)
    np.testing.assert_allclose(one.mean(theta, x), math.exp(theta[7]), rtol=1e-12)
    np.testing.assert_allclose(one.covariance(theta, x, x), 0.0, atol=1e-12)
    np.testing.assert_allclose(zero.mean(theta, x), math.exp(theta[7]) + theta[4], rtol=1e-12)
    asymptotes = Matern(3, 3).covariance(theta, x[:, :-1], x[:, :-1])
    np.testing.assert_allclose(zero.covariance(theta, x, x), asymptotes, rtol=1e-9)


def precise(theta: Array, x: Array, y: Array) -> float:
    """The log likelihood in numbers of more than 64 bits, by the formulas alone."""
    wide = np.longdouble
    columns, n = x.shape[1], len(x)
    scales, variance = np.exp(theta[:columns].astype(wide)), np.exp(wide(theta[columns]))
    apart = x[:, None].astype(wide) / scales - x[None].astype(wide) / scales
    root = np.sqrt(wide(5) * (apart**2).sum(axis=-1))
    matrix = variance * (1 + root + root * root / 3) * np.exp(-root)
    matrix[np.arange(n), np.arange(n)] += np.exp(wide(theta[-1]))
    factor, white = np.zeros((n, n), wide), np.zeros(n, wide)
    for j in range(n):
        factor[j, j] = np.sqrt(matrix[j, j] - (factor[j, :j] ** 2).sum())
        factor[j + 1 :, j] = (matrix[j + 1 :, j] - factor[j + 1 :, :j] @ factor[j, :j]) / factor[j, j]
        white[j] = (y[j] - wide(theta[columns + 1]) - factor[j, :j] @ white[:j]) / factor[j, j]
    return float(-(white @ white) / 2 - np.log(np.diag(factor)).sum() - wide(n) / 2 * np.log(2 * wide(math.pi)))


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="this platform has no wider numbers")
@pytest.mark.parametrize("seed", range(5))
def test_near_points_at_small_noise_against_wider_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.random((60, 4))
    x[30:] = x[:30] + 1e-3 * rng.standard_normal((30, 4))
    y = np.sin(4 * x).sum(axis=1)
    theta = np.array([*np.log(rng.uniform(0.05, 0.06, 4)), 0.0, 0.0, math.log(1e-6)])
    value, _ = log_likelihood(Matern(4, 4), theta, x, y)
    assert value == pytest.approx(precise(theta, x, y), rel=0, abs=2e-11)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="this platform has no wider numbers")
@pytest.mark.parametrize("noise", [1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("scale", [0.5, 5.0, 100.0])
@pytest.mark.parametrize("apart", [0.3, 1e-4, 1e-9])
def test_the_likelihood_is_that_of_the_noise_it_is_given(noise: float, scale: float, apart: float) -> None:
    """With a jitter of 1e-9 beside a noise of 1e-6 it was off by 2e-5 at short length scales, and 1e-3 at long ones."""
    rng = np.random.default_rng(0)
    x = rng.random((60, 3))
    x[30:] = x[:30] + apart * rng.standard_normal((30, 3))
    y = np.sin(3 * x.sum(axis=1)) + math.sqrt(noise) * rng.standard_normal(60)
    theta = np.array([*np.log(np.full(3, scale)), 0.0, 0.1, math.log(noise)])
    value, _ = log_likelihood(Matern(3, 3), theta, x, y)
    assert value == pytest.approx(precise(theta, x, y), rel=1e-9 if noise >= 1e-6 else 1e-7)


def test_a_covariance_of_rounding_errors_is_factored_by_its_noise() -> None:
    """As between pending points that the data determine: its diagonal may even be below 0."""
    left = np.full((2, 2), -1e-17)
    np.testing.assert_allclose(cholesky(left, 1e-6), 1e-3 * np.eye(2), atol=1e-12)


# Posterior --------------------------------------------------------------------------------------------------------


def test_posterior_and_likelihood_against_a_reference() -> None:
    """scikit-learn's regressor with the same kernel and noise on centred targets."""
    process = pytest.importorskip("sklearn.gaussian_process", reason="scikit-learn is the reference")
    model, theta, (x, y) = MODELS["matern"], some_theta(MODELS["matern"], 8), some_data(8, 30)
    noise, mean = math.exp(theta[-1]), theta[5]
    kernel = process.kernels.ConstantKernel(math.exp(theta[4])) * process.kernels.Matern(np.exp(theta[:4]), nu=2.5)
    reference = process.GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(x, y - mean)
    new = np.random.default_rng(9).random((20, 4))
    expected, deviations = reference.predict(new, return_std=True)
    means, variances = Posterior.given(model, theta, x, y).predict(new)
    np.testing.assert_allclose(means[:, 0], expected + mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(np.sqrt(variances), deviations, rtol=1e-6, atol=1e-7)
    value, gradient = log_likelihood(model, theta, x, y)
    theirs, slopes = reference.log_marginal_likelihood(reference.kernel_.theta, eval_gradient=True)
    assert value == pytest.approx(theirs, rel=1e-6)
    np.testing.assert_allclose(gradient[[4, 0, 1, 2, 3]], slopes, rtol=1e-5, atol=1e-5)


@every_model
def test_posterior_is_the_conditional_normal_distribution(model: Model) -> None:
    theta, (x, y) = some_theta(model, 10), some_data(10)
    new, _ = some_data(11, 6)
    noisy = model.covariance(theta, x, x) + math.exp(theta[-1]) * np.eye(len(x))
    gain = np.linalg.solve(noisy, model.covariance(theta, x, new)).T
    means, variances = Posterior.given(model, theta, x, y).predict(new)
    np.testing.assert_allclose(means[:, 0], model.mean(theta, new) + gain @ (y - model.mean(theta, x)), rtol=1e-4)
    left = np.diag(model.covariance(theta, new, new) - gain @ model.covariance(theta, x, new))
    np.testing.assert_allclose(variances, left, rtol=1e-4, atol=1e-7)


@every_model
def test_fantasies_are_the_same_as_factoring_from_scratch(model: Model) -> None:
    theta, (x, y) = some_theta(model, 12), some_data(12)
    pending, new = some_data(13, 5)[0], some_data(14, 7)[0]
    draws = np.random.default_rng(15).standard_normal((5, 20))
    extended = Posterior.given(model, theta, x, y).fantasise(pending, draws)
    targets = extended.targets()
    np.testing.assert_allclose(targets[: len(y)], np.repeat(y[:, None], 20, axis=1), atol=1e-9)
    scratch = Posterior.given(model, theta, np.vstack([x, pending]), targets)
    for ours, theirs in zip(extended.predict(new), scratch.predict(new), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_fantasies_are_drawn_from_the_joint_predictive_distribution() -> None:
    model, theta, (x, y) = MODELS["decay"], some_theta(MODELS["decay"], 16), some_data(16)
    pending = some_data(17, 3)[0]
    posterior = Posterior.given(model, theta, x, y)
    draws = np.random.default_rng(18).standard_normal((3, 200_000))
    fantasies = posterior.fantasise(pending, draws).targets()[len(y) :]
    noisy = model.covariance(theta, x, x) + math.exp(theta[-1]) * np.eye(len(x))
    cross = model.covariance(theta, x, pending)
    joint = model.covariance(theta, pending, pending) - cross.T @ np.linalg.solve(noisy, cross)
    np.testing.assert_allclose(fantasies.mean(axis=1), posterior.predict(pending)[0][:, 0], atol=0.01)
    np.testing.assert_allclose(np.cov(fantasies), joint + math.exp(theta[-1]) * np.eye(3), atol=0.01)


def test_a_fantasy_leaves_less_variance_and_averages_to_the_same_mean() -> None:
    model, theta, (x, y) = MODELS["matern"], some_theta(MODELS["matern"], 19), some_data(19)
    new = some_data(20, 6)[0]
    posterior = Posterior.given(model, theta, x, y)
    draws = np.random.default_rng(21).standard_normal((6, 50))
    draws = np.hstack([draws, -draws])
    before, after = posterior.predict(new), posterior.fantasise(new, draws).predict(new)
    assert (after[1] < before[1]).all()
    np.testing.assert_allclose(after[0].mean(axis=1), before[0][:, 0], atol=1e-9)


def test_repeated_inputs_without_noise_are_factored_with_jitter() -> None:
    factor = cholesky(np.ones((5, 5)), 0.0)
    np.testing.assert_allclose(factor @ factor.T, np.ones((5, 5)), atol=1e-6)
    for hopeless in (np.array([[1.0, 3.0], [3.0, 1.0]]), np.full((2, 2), np.nan)):
        with pytest.raises(np.linalg.LinAlgError, match="cannot be factored"):
            cholesky(hopeless, 0.0)


# Fitting ----------------------------------------------------------------------------------------------------------


@every_model
def test_a_fit_is_a_maximum_within_the_bounds(model: Model) -> None:
    x, y = some_data(22, 40)
    theta = fit(model, x, y, np.random.default_rng(0), restarts=2)
    low, high = np.array(bounds(entries(model))).T
    assert ((low <= theta) & (theta <= high)).all()

    def density(t: Array) -> float:
        return log_likelihood(model, t, x, y)[0] + log_prior(entries(model), t)[0]

    rng = np.random.default_rng(1)
    nearby = [np.clip(theta + 0.1 * rng.standard_normal(len(theta)), low, high) for _ in range(50)]
    assert max(map(density, nearby)) < density(theta) + 0.1
    assert density(theta) >= density(starts(entries(model)))


def test_a_fit_finds_the_columns_that_matter_and_the_noise() -> None:
    rng = np.random.default_rng(23)
    x = rng.random((80, 4))
    y = scaled(np.sin(6 * x[:, 0]) + 0.1 * rng.standard_normal(80), "plain")
    theta = fit(MODELS["matern"], x, y, np.random.default_rng(0), restarts=2)
    assert np.argmin(theta[:4]) == 0
    assert theta[0] < theta[1:4].min() - 1.0
    assert math.exp(theta[-1]) == pytest.approx(0.01 / 0.5, rel=0.5)


def test_a_fit_is_a_function_of_its_seed_and_begins_at_the_last_optimum() -> None:
    model, (x, y) = MODELS["decay"], some_data(24, 30)
    first = fit(model, x, y, np.random.default_rng(5), restarts=2)
    assert (first == fit(model, x, y, np.random.default_rng(5), restarts=2)).all()
    again = fit(model, x, y, np.random.default_rng(6), last=first, restarts=0)
    np.testing.assert_allclose(again, first, atol=0.05)


# Acquisition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "deviation", "best"), [(0.0, 1.0, 0.0), (1.0, 0.5, 0.2), (-2.0, 0.1, 0.0)])
def test_expected_improvement_is_its_integral(mean: float, deviation: float, best: float) -> None:
    integral = integrate.quad(
        lambda f: (best - f) * stats.norm(mean, deviation).pdf(f), mean - 12 * deviation, best, epsabs=1e-12,
        points=[min(mean, best)],
    )[0]  # fmt: skip
    found = expected_improvement(np.array([[mean]]), np.array([deviation**2]), np.array([best]))
    assert found[0] == pytest.approx(integral, rel=1e-8)


def test_expected_improvement_is_averaged_over_fantasies() -> None:
    means, best = np.array([[0.0, 1.0], [0.5, 0.2]]), np.array([0.1, 0.4])
    both = expected_improvement(means, np.array([1.0, 2.0]), best)
    single = [expected_improvement(means[:, [k]], np.array([1.0, 2.0]), best[[k]]) for k in (0, 1)]
    np.testing.assert_allclose(both, np.mean(single, axis=0), rtol=1e-14)
    assert expected_improvement(np.array([[60.0]]), np.array([1e-18]), np.array([0.0]))[0] == 0.0


MIXED = Space((Float("rate", 1e-3, 1.0, log=True), Integer("depth", 2, 9), Categorical("op", ("a", "b", "c")),
               Categorical("fixed", (True,)), Float("point", 0.5, 0.5)), {"constant": 1})  # fmt: skip


def test_columns_of_a_configuration() -> None:
    encoder = Encoder(MIXED)
    point = encoder.point({"rate": 0.1, "depth": 9, "op": "b", "fixed": True, "point": 0.5})
    assert encoder.columns == 5
    np.testing.assert_allclose(encoder.encode(point[None, :]), [[2 / 3, 1.0, 0.0, 1.0, 0.0]], rtol=1e-12)


def test_a_point_gives_back_its_configuration() -> None:
    encoder, rng = Encoder(MIXED), np.random.default_rng(1)
    for _ in range(50):
        configuration = MIXED.sample(rng)
        again = MIXED.check(encoder.configuration(encoder.point(configuration)))
        assert again == {**configuration, "rate": pytest.approx(configuration["rate"], rel=1e-12)}
    for point in encoder.sample(rng, 50):
        assert encoder.point(encoder.configuration(point)) == pytest.approx(point, abs=1e-12)


def test_neighbours_differ_in_one_parameter_and_all_categories_are_among_them() -> None:
    encoder, rng = Encoder(MIXED), np.random.default_rng(2)
    point = encoder.sample(rng, 1)[0]
    around = encoder.neighbours(point, 0.2, rng)
    assert (around[0] == point).all()
    assert len(around) == 1 + STEPS + STEPS + 3
    assert ((around != point).sum(axis=1) <= 1).all()
    assert {encoder.configuration(p)["op"] for p in around} == {"a", "b", "c"}


def test_the_maximum_of_the_acquisition_is_found() -> None:
    encoder = Encoder(MIXED)
    target = encoder.point({"rate": 0.02, "depth": 4, "op": "c", "fixed": True, "point": 0.5})
    wanted = encoder.encode(target[None, :])

    def score(points: Array) -> Array:
        return np.asarray(-np.abs(encoder.encode(points) - wanted).sum(axis=1))

    found = best_points(encoder, score, np.zeros((0, 5)), 20, np.random.default_rng(3))
    best = encoder.configuration(found[0])
    assert (best["depth"], best["op"]) == (4, "c")
    assert best["rate"] == pytest.approx(0.02, rel=0.1)
    assert (np.diff(score(found)) <= 0).all()


# Data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("targets", TARGETS)
def test_losses_are_standardised_and_the_infinite_become_the_worst(targets: str) -> None:
    y = scaled(np.array([1.0, 2.0, np.inf, np.nan, 3.0]), targets)
    assert (y[2], y[3]) == (y[4], y[4])
    assert y[0] < y[1] < y[2]
    assert (y.mean(), y.std()) == (pytest.approx(0.0, abs=1e-12), pytest.approx(1.0))
    assert (scaled(np.array([np.inf, np.nan]), targets) == 0.0).all()
    assert (scaled(np.full(5, 3.3), targets) == 0.0).all()
    assert scaled(np.array([1e300, -1e300]), targets) == pytest.approx([1.0, -1.0])
    assert scaled(np.array([2.0, 2.0, 2.0, 5.0]), targets)[3] > 1.0


def test_the_logarithmic_scale_has_the_distance_of_the_median_as_its_unit() -> None:
    losses = np.array([-90.0, -89.0, -80.0, -50.0, -10.0])
    expected = np.log(1.0 + np.array([0.0, 1.0, 10.0, 40.0, 80.0]) / 10.0)
    np.testing.assert_allclose(
        scaled(losses, "log"), (expected - expected.mean()) / expected.std(), rtol=1e-12, atol=1e-12
    )


def test_the_model_is_given_the_highest_rungs_first() -> None:
    rungs, losses = [0] * 8 + [1] * 3 + [2] * 2, [float(v) for v in range(13)]
    assert kept(rungs, losses, 13) == list(range(13))
    assert kept(rungs, losses, 5) == [8, 9, 10, 11, 12]
    assert kept(rungs, losses, 8) == [0, 4, 7, 8, 9, 10, 11, 12]  # of the lowest, from the best to the worst
    assert kept(rungs, losses, 1) == [11]


# The schedule of fits ---------------------------------------------------------------------------------------------


def test_fits_at_every_update_up_to_a_threshold() -> None:
    refits = Refits(until=20, every=None)
    assert [refits.due(n, 0) for n in (5, 6, 6, 20, 21, 22)] == [True, True, False, True, False, False]


def test_then_whenever_there_is_more_data_at_the_full_resource() -> None:
    refits = Refits(until=2, every=None)
    assert [refits.due(n, full) for n, full in ((2, 0), (3, 0), (4, 1), (5, 1), (6, 2), (7, 2))] == [
        True, False, True, False, True, False,
    ]  # fmt: skip


def test_or_at_every_so_manieth_update() -> None:
    refits = Refits(until=2, every=3)
    assert [refits.due(n, n) for n in range(2, 10)] == [True, False, False, True, False, False, True, False]


def test_the_first_update_is_always_a_fit() -> None:
    assert Refits(until=0, every=10).due(50, 0)


@pytest.mark.parametrize(("until", "every", "name"), [(-1, None, "refit_until"), (0, 0, "refit_every")])
def test_bad_schedules_are_refused(until: int, every: int | None, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} = .* must be"):
        Refits(until, every)
