"""Choose what workers may see of the supervisor's environment: what programs need to run, and keys that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from harness.workspace import AgentSettings, ModelSettings

_NAMES: Final = frozenset({
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME", "SHELL", "VIRTUAL_ENV",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SYSTEMROOT",
})  # fmt: skip
_PREFIXES: Final = ("LC_", "PYTHON", "COVERAGE_")


def worker_environment(
    environ: Mapping[str, str], agents: Iterable[AgentSettings], models: Mapping[str, ModelSettings]
) -> dict[str, str]:
    """Pick the variables for workers: harmless ones, those the agents name, and the keys of the models they use."""
    agents = tuple(agents)
    wanted = set(_NAMES).union(*(agent.env for agent in agents))
    for agent in agents:
        model = models.get(agent.model) if agent.model is not None else None
        if model is not None and model.provider != "offline":
            from harness.llm import variables

            wanted.update(variables(model))
    return {name: text for name, text in environ.items() if name in wanted or name.startswith(_PREFIXES)}
