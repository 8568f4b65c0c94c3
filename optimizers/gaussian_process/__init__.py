"""Gaussian-process regression for the model-based asynchronous methods, on NumPy and SciPy.

No library does the whole of it. In the model of ``decay``, the mean and the kernel share hyperparameters (the
asymptotes' mean, gamma and delta). The regressors of scikit-learn and GPy have no such mean, and cannot add pending
inputs to an existing Cholesky factor. BoTorch has fantasies and an additive exponential-decay kernel, but this model's
mean and kernel would still have to be written here, on top of PyTorch. The library would then only contribute a
Cholesky factor and L-BFGS, which SciPy has. The tests compare with scikit-learn's regressor.

``hyperparameters``: the learned quantities, their bounds and priors; ``matern``, ``decay``: the two models;
``posterior``: conditioning, predictions, fantasies; ``likelihood``: fitting; ``encoding``: configurations as numbers;
``acquisition``: expected improvement and its maximum; ``searcher``: the whole search, as suggest, start and finish.
"""
