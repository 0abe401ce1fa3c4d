"""Clients of AWS that ask once, wait long enough, and say in our words what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from harness.adapters.http.guard import is_loopback
from harness.adapters.target import TargetError
from harness.adapters.wire import AnswerPaths, check_template, variables_in
from harness.bounds import Ge, Le
from harness.errors import AgentError, MissingExtra
from harness.llm.connection import AWS_KEYS, AWS_OTHER, AWS_REGIONS
from harness.llm.threads import in_thread
from harness.shape import Misfit, value
from harness.text import one_line
from harness.workspace import Effects

T = TypeVar("T")

LONGEST_FUNCTION_S: Final = 900
"""How long a Lambda function may run at most."""

READ_TIMEOUT_S: Final = LONGEST_FUNCTION_S + 10
"""Longer than any function: a client that gives up earlier would ask, and order, a second time."""


@value
class AwsSettings(AnswerPaths):
    """An agent in AWS."""

    region: str | None = None
    """Where it is; by default AWS_REGION."""

    endpoint_url: str | None = None
    """Another address than AWS's own, such as a local stand-in's."""

    max_answer_kb: Annotated[int, Ge(1), Le(1 << 16)] = 8192
    """Most that one answer may have."""

    @property
    def effects(self) -> Effects:
        """A stand-in on this machine changes nothing; anything else may be the real one."""
        return "none" if self.endpoint_url and is_loopback(urlsplit(self.endpoint_url).hostname or "") else "forbid"

    @property
    def variables(self) -> tuple[str, ...]:
        """Where boto3 looks for credentials and region, and what the templates name."""
        return (*AWS_KEYS, *AWS_OTHER, *AWS_REGIONS, *variables_in(list(self.templates.values())))

    @property
    def templates(self) -> Mapping[str, Any]:
        """What is filled in before it is sent, by key."""
        return {}

    def refuse(self, misfits: list[Misfit], *, more: tuple[str, ...] = ()) -> None:
        """Refuse what cannot be used, with what its own checks have found.

        Raises:
            MisfitsError: when there is anything.
        """
        for name, template in self.templates.items():
            misfits += check_template(template, path=(name,), more=more)
        if self.endpoint_url is not None and urlsplit(self.endpoint_url).scheme not in {"http", "https"}:
            misfits.append(
                Misfit(("endpoint_url",), f"{self.endpoint_url!r} is no address", "write http://127.0.0.1:5000")
            )
        self.refuse_besides(misfits)


@dataclass
class Reach:
    """Clients of one agent's account, made when they are first needed."""

    own: AwsSettings
    """What harness.toml says."""

    environ: Mapping[str, str]
    """Where credentials are."""

    where: str
    """The agent, for messages."""

    _clients: dict[str, Any] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Refuse what cannot work before anything runs.

        Raises:
            MissingExtra: when boto3 is not installed.
            AgentError: when no region is given.
        """
        try:
            import boto3
        except ImportError:
            raise MissingExtra(self.where, "aws") from None
        self._boto3 = boto3
        self._region = self.own.region or next(
            (self.environ[name] for name in AWS_REGIONS if self.environ.get(name)), None
        )
        if self._region is None:
            raise AgentError(
                "no region is given", remedy='write region = "us-east-1", or set AWS_REGION', where=self.where
            )
        if not any(self.environ.get(name) for name in (*AWS_KEYS, *AWS_OTHER)) and self.own.endpoint_url is None:
            raise AgentError(
                "there are no credentials",
                remedy="export AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret",
                where=self.where,
            )

    def client(self, service: str) -> Any:
        """The client of a service; made once, whichever thread asks first."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = self._made(service)
            return self._clients[service]

    def _made(self, service: str) -> Any:
        from botocore.config import Config

        config = Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=10,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=64,
        )
        known: dict[str, str] = {}
        if self.environ.get("AWS_ACCESS_KEY_ID"):
            known = {"aws_access_key_id": self.environ["AWS_ACCESS_KEY_ID"]}
            known["aws_secret_access_key"] = self.environ.get("AWS_SECRET_ACCESS_KEY", "")
            if self.environ.get("AWS_SESSION_TOKEN"):
                known["aws_session_token"] = self.environ["AWS_SESSION_TOKEN"]
        elif self.own.endpoint_url is not None:  # a stand-in looks at no signature
            known = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
        from harness.llm.bedrock import shared_session

        session = self._boto3.Session(region_name=self._region, botocore_session=shared_session(), **known)
        return session.client(service, endpoint_url=self.own.endpoint_url, config=config)

    async def ask(self, call: Callable[[], T]) -> T:
        """Make one call, in a thread that nobody waits for when the trial is ended.

        Raises:
            TargetError: naming what AWS says.
        """
        from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

        try:
            return await in_thread(call)
        except ClientError as error:
            raise self._refused(error) from None
        except ParamValidationError as error:
            told = one_line(str(error), 300)
            raise TargetError("aws_parameters", told, remedy="correct the agent's table", where=self.where) from None
        except BotoCoreError as error:
            told = one_line(str(error), 300)
            raise TargetError(
                "unreachable",
                f"it cannot be reached: {told}",
                remedy="check address, region and credentials",
                where=self.where,
            ) from None

    def _refused(self, error: Any) -> TargetError:
        told = error.response.get("Error", {})
        code, message = str(told.get("Code", "unknown")), one_line(str(told.get("Message", "")), 300)
        remedy = _REMEDIES.get(code, "read what AWS says")
        return TargetError(f"aws_{code}", f"AWS refuses: {code}: {message}", remedy=remedy, where=self.where)

    def close(self) -> None:
        """Close the connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()


_REMEDIES: Final = {
    "ResourceNotFoundException": "correct the name, the region or the account",
    "AWS.SimpleQueueService.NonExistentQueue": "correct `queue_url`",
    "QueueDoesNotExist": "correct `queue_url`",
    "AccessDeniedException": "let these credentials do it",
    "AccessDenied": "let these credentials do it",
    "TooManyRequestsException": "run with a smaller -j",
    "ThrottlingException": "run with a smaller -j",
}
