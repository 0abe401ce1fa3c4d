"""What repeated trials of a case say: does it pass every time (pass^k), or at least once (pass@k)?"""

from __future__ import annotations

from collections.abc import Iterable
from math import comb


def pass_hat_k(passed: int, n: int, k: int) -> float | None:
    """Chance that k trials drawn from the n all pass: C(passed, k) / C(n, k); None when n < k."""
    return None if n < k else comb(passed, k) / comb(n, k)


def pass_at_k(passed: int, n: int, k: int) -> float | None:
    """Chance that at least one of k trials drawn from the n passes: 1 - C(n - passed, k) / C(n, k); None when n < k."""
    return None if n < k else 1 - comb(n - passed, k) / comb(n, k)


def flake_rate(cases: Iterable[tuple[int, int]]) -> float | None:
    """Chance that two trials of a case disagree, averaged over cases (passed, n) with at least two trials."""
    shares = [2 * passed * (n - passed) / (n * (n - 1)) for passed, n in cases if n > 1]
    return sum(shares) / len(shares) if shares else None
