"""Models that use no learnware, beside which reuse with labels has to be shown: NumPy and LightGBM only.

The reference reuses across feature spaces by a ridge regression on [x | output of a learnware]. What such a ridge
gains over boosted trees on few rows it may gain without any learnware; these controls tell.
"""

import math

import lightgbm
import numpy as np

ALPHAS = (0.01, 0.1, 1.0, 10.0, 100.0)  # the reference's grid
RANDOM_NETWORKS = 5  # as many as a mixture has members at most
HIDDEN = (128, 256, 128, 256)  # the layers of the reference's FeatureAlign


def ridge(x, y, test_x):
    """Ridge regression with an intercept, its penalty chosen by leave-one-out error: what RidgeCV does."""
    x, test_x = x.astype("float64"), test_x.astype("float64")
    centre, level = x.mean(axis=0), y.mean()
    u, s, vt = np.linalg.svd(x - centre, full_matrices=False)
    projected, best = u.T @ (y - level), None
    for alpha in ALPHAS:
        shrink = s**2 / (s**2 + alpha)
        fitted = u @ (shrink * projected)
        leverage = 1.0 / len(y) + (u**2) @ shrink  # the intercept takes 1/n
        errors = (y - level - fitted) / np.maximum(1.0 - leverage, 1e-12)
        if best is None or np.mean(errors**2) < best[0]:
            best = (np.mean(errors**2), alpha)
    weights = vt.T @ (s / (s**2 + best[1]) * projected)
    return (test_x - centre) @ weights + level


def boosted_trees(x, y, test_x):
    """The learnwares' light recipe on all labelled rows, without early stopping."""
    if np.all(y == y[0]):
        return np.full(len(test_x), y.mean())
    options = {
        "objective": "regression", "num_leaves": 31, "learning_rate": 0.1, "feature_fraction": 0.75,
        "bagging_fraction": 0.75, "bagging_freq": 5, "seed": 1, "deterministic": True, "force_row_wise": True,
        "num_threads": 1, "verbosity": -1,
    }
    return lightgbm.train(options, lightgbm.Dataset(x, y), num_boost_round=80).predict(test_x)


def random_network(x, test_x, draw):
    """One output of a network as it is drawn, with unit variance over the test rows: a learnware that knows nothing."""
    few, all_rows = x.astype("float64"), test_x.astype("float64")
    widths = (x.shape[1], *HIDDEN, 1)
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        bound = 1.0 / math.sqrt(inputs)
        weights, bias = draw.uniform(-bound, bound, (inputs, outputs)), draw.uniform(-bound, bound, outputs)
        few, all_rows = few @ weights + bias, all_rows @ weights + bias
        if layer < len(HIDDEN):
            few, all_rows = np.maximum(few, 0.0), np.maximum(all_rows, 0.0)
    centre, spread = all_rows.mean(), all_rows.std() or 1.0
    return (few - centre) / spread, (all_rows - centre) / spread


def all_of(x, y, test_x, draw):
    """Predictions of every control for the test rows."""
    outputs = [random_network(x, test_x, draw) for _ in range(RANDOM_NETWORKS)]
    beside = [ridge(np.hstack([x, few]), y, np.hstack([test_x, rows])) for few, rows in outputs]
    alone = ridge(x, y, test_x)
    noise = draw.standard_normal((len(x), 1)), draw.standard_normal((len(test_x), 1))
    return {
        "mean_of_labels": np.full(len(test_x), y.mean()),
        "boosted_trees": boosted_trees(x, y, test_x),
        "ridge_only": alone,
        "ridge_in_range": np.clip(alone, y.min(), y.max()),
        "ridge_and_noise": ridge(np.hstack([x, noise[0]]), y, np.hstack([test_x, noise[1]])),
        "ridge_and_random_network": beside[0],
        "average_over_random_networks": np.mean(beside, axis=0),
        "average_over_random_networks_in_range": np.clip(np.mean(beside, axis=0), y.min(), y.max()),
    }
