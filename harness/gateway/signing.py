"""How a request to Bedrock shows who sends it: a bearer token, or AWS's signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import ConfigError, MissingExtra
from harness.llm.connection import secret
from harness.workspace import ModelSettings


def region_of(settings: ModelSettings, environ: Mapping[str, str]) -> str:
    """The region of a model.

    Raises:
        ConfigError: when nothing says it.
    """
    region = settings.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ConfigError(
            f"the model {settings.name or settings.id!r} needs a region",
            remedy='write region = "us-east-1", or set AWS_REGION',
            where="AWS_REGION",
        )
    return region


def signed(
    url: str, body: bytes, headers: Mapping[str, str], *, region: str, environ: Mapping[str, str]
) -> dict[str, str]:
    """The headers with which Bedrock takes a request.

    Raises:
        ConfigError: when there are no credentials.
        MissingExtra: when they are needed and botocore is not installed.
    """
    if environ.get("AWS_BEARER_TOKEN_BEDROCK"):
        token = secret(environ, "AWS_BEARER_TOKEN_BEDROCK", "Bedrock")
        return {**headers, "authorization": f"Bearer {token}"}
    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
    except ImportError as error:
        raise MissingExtra("passing requests on to Bedrock", "aws") from error
    request = AWSRequest("POST", url, data=body, headers=dict(headers))
    SigV4Auth(_credentials(environ), "bedrock", region).add_auth(request)
    return dict(request.headers.items())


def _credentials(environ: Mapping[str, str]) -> Any:
    from botocore.credentials import Credentials

    if environ.get("AWS_ACCESS_KEY_ID"):
        key = secret(environ, "AWS_ACCESS_KEY_ID", "Bedrock")
        return Credentials(key, secret(environ, "AWS_SECRET_ACCESS_KEY", "Bedrock"), environ.get("AWS_SESSION_TOKEN"))
    from botocore.session import Session

    found = Session().get_credentials()
    if found is None:
        raise ConfigError(
            "there are no credentials for Bedrock",
            remedy="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK",
            where="AWS_ACCESS_KEY_ID",
        )
    return found.get_frozen_credentials()
