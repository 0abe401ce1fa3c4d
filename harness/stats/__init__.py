"""Rates with honest uncertainty, repeats, and comparisons of two runs; the core of it needs no numpy."""

from .agreement import Kappa, cohen, crosstab, fleiss, kappa, majority
from .bound import drop_bound
from .compare import Counts, Paired, mcnemar, stratified
from .difference import Difference, agresti_min, cases_needed, difference
from .krippendorff import alpha
from .multiple import benjamini_hochberg, holm, spent
from .noise import Spread, is_flaky, neyman, shares, spread, trial_variance
from .numeric import Samples, Shift, bootstrap, logs, shift
from .planning import detectable, least_lost, mean_variance, trials_needed
from .prediction import Estimate, corrected, ppi, rogan_gladen
from .rates import Interval, bernoulli_se, clopper_pearson, clustered_se, mean, mean_se, wilson
from .repeats import flake_rate, pass_at_k, pass_hat_k

__all__ = [
    "Counts",
    "Difference",
    "Estimate",
    "Interval",
    "Kappa",
    "Paired",
    "Samples",
    "Shift",
    "Spread",
    "agresti_min",
    "alpha",
    "benjamini_hochberg",
    "bernoulli_se",
    "bootstrap",
    "cases_needed",
    "clopper_pearson",
    "clustered_se",
    "cohen",
    "corrected",
    "crosstab",
    "detectable",
    "difference",
    "drop_bound",
    "flake_rate",
    "fleiss",
    "holm",
    "is_flaky",
    "kappa",
    "least_lost",
    "logs",
    "majority",
    "mcnemar",
    "mean",
    "mean_se",
    "mean_variance",
    "neyman",
    "pass_at_k",
    "pass_hat_k",
    "ppi",
    "rogan_gladen",
    "shares",
    "shift",
    "spent",
    "spread",
    "stratified",
    "trial_variance",
    "trials_needed",
    "wilson",
]
