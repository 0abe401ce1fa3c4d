"""The environment variables that programs need in order to run, and that say nothing secret."""

from __future__ import annotations

from typing import Final

HARMLESS: Final = frozenset({
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME", "SHELL", "VIRTUAL_ENV",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SYSTEMROOT",
})  # fmt: skip
"""Their names."""

_PREFIXES: Final = ("LC_", "PYTHON", "COVERAGE_")


def harmless(name: str) -> bool:
    """Whether any program may see a variable."""
    return name in HARMLESS or name.startswith(_PREFIXES)
