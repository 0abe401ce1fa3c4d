"""From the settings of a model to the model, with keys from the environment and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from harness.errors import ConfigError
from harness.workspace import ModelSettings

from .prices import FREE, Price, adjusted, lookup
from .request import Model

if TYPE_CHECKING:
    from .offline import Policy

_KEYS: Final[Mapping[str, str]] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "azure": "AZURE_API_KEY",
    "cerebras": "CEREBRAS_API_KEY",
    "cohere": "COHERE_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "fireworks_ai": "FIREWORKS_AI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "groq": "GROQ_API_KEY",
    "mistral": "MISTRAL_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "perplexity": "PERPLEXITYAI_API_KEY",
    "together_ai": "TOGETHERAI_API_KEY",
    "xai": "XAI_API_KEY",
}
AWS_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Credentials of AWS themselves."""

AWS_OTHER: Final = (
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
)
"""Where boto3 looks for credentials besides."""

AWS_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""Where it looks for a region."""

_BEARER: Final = "AWS_BEARER_TOKEN_BEDROCK"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NO_KEY: Final = "no-key-needed"


def connect(
    settings: ModelSettings,
    *,
    policy: Policy | None = None,
    seed: int = 0,
    environ: Mapping[str, str] | None = None,
) -> Model:
    """Make the model that the settings describe.

    Args:
        settings: A [models.<name>] table.
        policy: What answers in place of a model, for `offline`.
        seed: Seed of an offline model.
        environ: Environment variables; by default those of the process.

    Raises:
        ConfigError: for a setting or environment variable that is missing or cannot be used.
        MissingExtra: when the provider's library is not installed.
    """
    found = os.environ if environ is None else environ
    price = price_of(settings)
    match settings.provider:
        case "offline":
            model = _offline(settings, policy, seed, price)
        case "anthropic":
            from .anthropic_ import AnthropicModel

            known = _known(settings, price)
            model = AnthropicModel(**known, api_key=_key(settings, "ANTHROPIC_API_KEY", found) or _NO_KEY)
        case "bedrock":
            model = _bedrock(settings, price, found)
        case "litellm":
            from .litellm_ import LiteLLMModel

            model = LiteLLMModel(**_known(settings, price), api_key=_litellm_key(settings, found))
    return _limited(model, settings)


def key_of(settings: ModelSettings, environ: Mapping[str, str] | None = None) -> str | None:
    """The key that a model's address may see; None where it needs none, or is reached with means of a cloud.

    Raises:
        ConfigError: when the key is missing, or the settings do not say which key another address may see.
    """
    found = os.environ if environ is None else environ
    if settings.provider == "anthropic":
        return _key(settings, "ANTHROPIC_API_KEY", found)
    return _litellm_key(settings, found) if settings.provider == "litellm" else None


def variables(settings: ModelSettings) -> tuple[str, ...]:
    """Name the environment variables that a model may need; a worker process is given no other keys."""
    if settings.provider == "offline":
        return ()
    if settings.provider == "bedrock":
        return (*AWS_KEYS, *AWS_OTHER, _BEARER, *AWS_REGIONS)
    usual = "ANTHROPIC_API_KEY" if settings.provider == "anthropic" else _KEYS.get(_family(settings), "")
    return tuple(name for name in (settings.api_key_env or usual,) if name)


def secret(environ: Mapping[str, str], variable: str, needed_by: str) -> str:
    """Take a key from the environment; messages name the variable and never show the value.

    Raises:
        ConfigError: when it is missing, or has characters that no key has.
    """
    text = environ.get(variable, "")
    if not text.strip():
        raise ConfigError(
            f"{needed_by} needs the environment variable {variable}, which is not set",
            remedy=f'export {variable}=..., or choose model = "offline"',
            where=variable,
        )
    flaw = next((name for name, bad in _FLAWS.items() if any(character in text for character in bad)), None)
    if flaw is None and not (text.isascii() and text.isprintable()):
        flaw = "a character that is not plain ASCII"
    if flaw is not None:
        raise ConfigError(
            f"the value of {variable} contains {flaw}, which no key does",
            remedy=f"set {variable} again without it; look for a copied line break or quotes",
            where=variable,
        )
    return text


_FLAWS: Final[Mapping[str, str]] = {"a line break": "\r\n", "white space": " \t", "quotes": "\"'`"}


def _known(settings: ModelSettings, price: Price | None) -> dict[str, Any]:
    if not settings.id:
        raise ConfigError(
            f"the model {settings.name or settings.provider!r} has no id",
            remedy='write id = "..." as the provider knows it',
            where=f"models.{settings.name}" if settings.name else None,
        )
    return {"model_id": settings.id, "name": settings.name, "base_url": settings.base_url, "price": price}


def _key(settings: ModelSettings, usual: str, environ: Mapping[str, str]) -> str | None:
    """The key for the model's address.

    A file that came with somebody's cases may name an address of theirs: the usual key goes only to the provider itself
    or to this machine, and to another address only a key that was meant for it.
    """
    needed_by = f"the model {settings.name or settings.id!r}"
    if settings.api_key_env is not None:
        return secret(environ, settings.api_key_env, needed_by)
    if settings.base_url is None:
        return secret(environ, usual, needed_by)
    if urlsplit(settings.base_url).hostname in _LOOPBACK:
        return secret(environ, usual, needed_by) if usual in environ else None
    raise ConfigError(
        f"{needed_by} is at another address, {settings.base_url}, and does not say which key that address may see",
        remedy='write api_key_env = "NAME" with the variable that holds its key',
        where=f"models.{settings.name}" if settings.name else None,
    )


def _family(settings: ModelSettings) -> str:
    return settings.id.partition("/")[0] if "/" in settings.id else "openai"


def _litellm_key(settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    family = _family(settings)
    if family not in _KEYS and settings.api_key_env is None:
        return None if settings.base_url is None else _NO_KEY  # ollama and the like, and clouds with their own means
    return _key(settings, _KEYS.get(family, ""), environ) or _NO_KEY


def _bedrock(settings: ModelSettings, price: Price | None, environ: Mapping[str, str]) -> Model:
    from .bedrock import BedrockModel

    region = settings.region or next((environ[name] for name in AWS_REGIONS if environ.get(name)), None)
    if region is None:
        raise ConfigError(
            f"the model {settings.name or settings.id!r} needs a region",
            remedy='write region = "us-east-1", or set AWS_REGION',
            where="AWS_REGION",
        )
    credentials: dict[str, str] = {}
    if environ.get("AWS_ACCESS_KEY_ID") or not any(environ.get(name) for name in (*AWS_OTHER, _BEARER)):
        needed_by = f"the model {settings.name or settings.id!r}"
        credentials = {
            "aws_access_key_id": secret(environ, "AWS_ACCESS_KEY_ID", needed_by),
            "aws_secret_access_key": secret(environ, "AWS_SECRET_ACCESS_KEY", needed_by),
        }
        if environ.get("AWS_SESSION_TOKEN"):
            credentials["aws_session_token"] = secret(environ, "AWS_SESSION_TOKEN", needed_by)
    return BedrockModel(**_known(settings, price), region=region, credentials=credentials)


def _offline(settings: ModelSettings, policy: Policy | None, seed: int, price: Price | None) -> Model:
    from .offline import OfflineModel

    if policy is None:
        raise ConfigError(
            "the offline model needs a policy: a function that answers in place of a model",
            remedy='write policy = "path/to/policy.py:function" for the agent, or choose a real model',
        )
    return OfflineModel(
        policy,
        seed=seed,
        noise=settings.noise,
        flake=settings.flake,
        name=settings.name or "offline",
        model_id=settings.id or "offline",
        price=price,
    )


def price_of(settings: ModelSettings) -> Price | None:
    """The price of a model: the settings' own, else the table's; None when neither says."""
    listed = FREE if settings.provider == "offline" else None
    given = (settings.input_usd_per_mtok, settings.output_usd_per_mtok)
    if listed is None and None in given:  # else the table need not be read
        listed = lookup(settings.id, settings.provider)
    return adjusted(
        listed,
        input_usd=settings.input_usd_per_mtok,
        output_usd=settings.output_usd_per_mtok,
        cached_usd=settings.cached_usd_per_mtok,
    )


def _limited(model: Model, settings: ModelSettings) -> Model:
    """Apply the settings' own limits to every request."""
    if settings.max_tokens is None and settings.temperature is None:
        return model
    from .limited import LimitedModel

    return LimitedModel(model, max_tokens=settings.max_tokens, temperature=settings.temperature)
