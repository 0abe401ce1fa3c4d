"""litellm itself, with everything off that talks, waits or asks twice behind our back, and its errors classified."""

from __future__ import annotations

import importlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Final

from harness.errors import MissingExtra

from .errors import ModelError, from_status

_PREFIX: Final = re.compile(r"^(?:(?:litellm\.)?\w+: )*(?:\w+Exception - )?(?:Error code: \d+ - )?")
_QUIET: Final = {"telemetry": False, "suppress_debug_info": True, "drop_params": False, "num_retries": 0}
_ONE_SHOT: Final = frozenset({
    "anthropic", "cohere", "cohere_chat", "deepseek", "fireworks_ai", "gemini", "groq", "hosted_vllm", "mistral", "ollama",
    "ollama_chat", "openrouter", "together_ai", "xai",
})  # fmt: skip
"""Providers that litellm reaches through its own HTTP client, which sends a request again after a broken connection."""


def client_for(model_id: str, api_key: str | None, base_url: str | None) -> Any:
    """Make a client of our own that asks once and can be closed; None where litellm insists on its own."""
    family = model_id.partition("/")[0]
    if family == "openai":
        import openai

        return openai.AsyncOpenAI(api_key=api_key, base_url=base_url or "https://api.openai.com/v1", max_retries=0)
    return _one_shot() if family in _ONE_SHOT else None


async def close(client: Any) -> None:
    """Close a client of our own."""
    if client is not None:
        await client.close()


def _one_shot() -> Any:
    import httpx

    handlers = importlib.import_module("litellm.llms.custom_httpx.http_handler")

    class OneShot(handlers.AsyncHTTPHandler):  # type: ignore[name-defined, misc]
        """Lets the first failure stand instead of sending the request again."""

        async def single_connection_post_request(self, *args: Any, **named: Any) -> Any:  # noqa: ARG002 - theirs
            raise sys.exc_info()[1] or ConnectionError("the connection broke")

    return OneShot(transport=httpx.AsyncHTTPTransport())


def library() -> Any:
    """Import litellm."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else importing it downloads a price table
    os.environ.setdefault("LITELLM_LOG", "CRITICAL")
    try:
        with warnings.catch_warnings():  # it is not clean of them, at import or when it first builds a reply
            warnings.simplefilter("ignore")
            litellm = importlib.import_module("litellm")
            _first_use(litellm)
    except ImportError as error:
        raise MissingExtra("the provider litellm", "litellm") from error
    # Newer versions import more of themselves at the first call and warn of their own types then.
    warnings.filterwarnings("ignore", message=r"Items? .* on TypedDict class", category=UserWarning)
    for name, setting in _QUIET.items():
        setattr(litellm, name, setting)
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).disabled = True
    return litellm


def _first_use(litellm: Any) -> None:
    """Build what is built at the first reply, so that no call's deadline pays for it."""
    answer = litellm.ModelResponse()
    answer.choices[0].message = litellm.Message(content="")
    answer.model_dump()
    importlib.import_module("openai.resources.chat.completions")
    types = importlib.import_module("litellm.types.utils")
    types.ModelResponseStream(choices=[types.StreamingChoices(delta=types.Delta(content=""))]).model_dump()


def classified(error: Exception) -> ModelError:
    """Classify by what happened underneath: litellm says 500 for a broken connection and for a reply it cannot read."""
    import httpx
    import openai

    chain = tuple(_chain(error))
    words = _PREFIX.sub("", str(error))
    if any(isinstance(each, openai.APITimeoutError | httpx.TimeoutException) for each in chain):
        return ModelError("timeout", "the provider did not answer in time")
    if any(isinstance(each, httpx.TransportError | ConnectionError) for each in chain):
        return ModelError("connection", f"the connection failed: {str(chain[-1]) or words}")
    for each in chain:
        if isinstance(each, httpx.HTTPStatusError):
            return from_status(each.response.status_code, words, headers=each.response.headers)
    status = getattr(error, "status_code", None)
    code = next((str(each.code) for each in chain if isinstance(each, openai.APIError) and each.code), "")
    misread = type(chain[-1]) is Exception  # what it raises itself over a 200 whose body is an error
    if isinstance(status, int) and not misread and (status != 500 or code):
        return from_status(int(code) if code.isdigit() else status, words, code=code)
    return ModelError("invalid_reply", f"the reply cannot be read: {words}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, innermost last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
