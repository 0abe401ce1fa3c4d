"""The fixtures of the reference agents, shared with the folder above."""

import pytest

from harness.workspace import load_target


@pytest.fixture
def of(load):
    """Several names of one module: `of("agents/_shared/queue.py", "JobQueue", "drain")`."""

    def names(path, *wanted):
        found = [load(f"{path}:{name}") for name in wanted]
        return found[0] if len(found) == 1 else found

    return names


__all__ = ["load_target", "of"]
