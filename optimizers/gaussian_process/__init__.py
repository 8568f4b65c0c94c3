"""Gaussian-process regression as the model-based asynchronous methods need it, on NumPy and SciPy.

Why not a library: scikit-learn's and GPy's regressors know no mean that shares hyperparameters with the kernel (in
``decay`` both depend on the asymptotes' mean, on gamma and on delta) and add no pending inputs to a factor at hand.
BoTorch has fantasies and an additive exponential-decay kernel, but this model's mean and kernel would be written here
all the same, on top of PyTorch; what is left of a library then is a Cholesky factor and L-BFGS, which SciPy has.
scikit-learn's regressor is the reference in the tests.

``hyperparameters``: what is learned, its bounds and priors; ``matern``, ``decay``: the two models; ``posterior``:
conditioning, predictions, fantasies; ``likelihood``: fitting; ``encoding``: configurations as numbers; ``acquisition``:
expected improvement and its maximum; ``searcher``: all of it behind suggest, start and finish.
"""
