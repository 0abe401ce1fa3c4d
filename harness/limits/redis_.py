"""Windows that several hosts share, in Redis: exact, by the server's clock, with one entry for each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness.errors import Incomplete, MissingExtra
from harness.text import one_line

from .values import Ask, ImpossibleAskError, Rates, Used
from .window import ARRIVES_S

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SLACK_S: Final = 1.0
_NAMES: Final = ("requests", "tokens", "input tokens", "output tokens")

_LIBRARY: Final = """
local live, weights, totals = KEYS[1], KEYS[2], KEYS[3]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local names = {'requests', 'tokens', 'input', 'output'}

local function parts(text)
  local found = {}
  for number in string.gmatch(text, '%d+') do found[#found + 1] = tonumber(number) end
  return found
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', live, '-inf', now)) do
  local old = redis.call('HGET', weights, id)
  if old then
    for index, weight in ipairs(parts(old)) do redis.call('HINCRBY', totals, names[index], 0 - weight) end
    redis.call('HDEL', weights, id)
  end
  redis.call('ZREM', live, id)
end
"""

_TAKE: Final = (
    _LIBRARY
    + """
local id, asked, limits = ARGV[1], parts(ARGV[2]), ARGV[3]
local window, hold = tonumber(ARGV[4]), tonumber(ARGV[5])
local wait, index = 0, 0
for limit in string.gmatch(limits, '[^ ]+') do
  index = index + 1
  if limit ~= '-' then
    local excess = tonumber(redis.call('HGET', totals, names[index]) or '0') + asked[index] - tonumber(limit)
    if excess > 0 then
      local first, found = 0, false
      while not found do
        local chunk = redis.call('ZRANGE', live, first, first + 99, 'WITHSCORES')
        if #chunk == 0 then wait = math.max(wait, window) break end
        for place = 1, #chunk, 2 do
          excess = excess - parts(redis.call('HGET', weights, chunk[place]) or '0 0 0 0')[index]
          if excess <= 0 then
            wait = math.max(wait, tonumber(chunk[place + 1]) - now, 1)
            found = true
            break
          end
        end
        first = first + 100
      end
    end
  end
end
if wait > 0 then return wait end
redis.call('ZADD', live, now + hold, id)
redis.call('HSET', weights, id, ARGV[2])
for place, weight in ipairs(asked) do redis.call('HINCRBY', totals, names[place], weight) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, hold + window) end
return 0
"""
)

_SETTLE: Final = (
    _LIBRARY
    + """
local id, window = ARGV[1], tonumber(ARGV[3])
local old = redis.call('HGET', weights, id)
if not old then return 0 end
local before, after = parts(old), parts(ARGV[2])
for index = 1, 4 do redis.call('HINCRBY', totals, names[index], after[index] - before[index]) end
redis.call('HSET', weights, id, ARGV[2])
redis.call('ZADD', live, 'LT', now + window, id)
return 1
"""
)


class RedisWindows:
    """The windows of every model, shared by all who name the same server and scope.

    A request counts from the moment that it was granted until a window after the latest moment at which it can have arrived:
    its end, or `ARRIVES_S` and a second for the way back after it was granted. Within a host, waiting is first come first
    served; between hosts, whoever asks first once there is room.
    """

    def __init__(
        self,
        client: Redis,
        rates: Mapping[str, Rates],
        *,
        holder: str,
        scope: str = "finharness",
        seconds: float = 60.0,
    ) -> None:
        """Share windows.

        Args:
            client: Connection to the server.
            rates: Limits by model; all hosts must give the same.
            holder: Identity of this host and run, part of every entry's name.
            scope: First part of every key.
            seconds: Length of the windows.
        """
        self._redis = client
        self._rates = rates
        self._holder = holder
        self._scope = scope
        self._window_ms = round(seconds * 1000)
        self._hold_ms = round((seconds + ARRIVES_S + _SLACK_S) * 1000)
        self._take = client.register_script(_TAKE)
        self._settle = client.register_script(_SETTLE)

    @classmethod
    def at(cls, url: str, rates: Mapping[str, Rates], *, holder: str, seconds: float = 60.0) -> RedisWindows:
        """Connect to a server.

        Raises:
            MissingExtra: when the library is not installed.
        """
        try:
            from redis.asyncio import Redis
        except ImportError as error:
            raise MissingExtra("limits shared in Redis", "redis") from error
        return cls(Redis.from_url(url, socket_timeout=10.0), rates, holder=holder, seconds=seconds)

    async def take(self, number: int, ask: Ask) -> float:
        """Count a call; seconds to wait instead, 0 when it was counted.

        Raises:
            ImpossibleAskError: when the call is larger than a limit.
            Incomplete: when the server cannot be asked; then no call is made.
        """
        rates = self._rates.get(ask.model)
        if rates is None or not any(rates.windows()):
            return 0.0
        weights = rates.weights(ask.input_tokens, ask.output_tokens)
        for limit, weight, name in zip(rates.windows(), weights, _NAMES, strict=True):
            if limit is not None and weight > limit:
                raise ImpossibleAskError(
                    f"one call to {ask.model!r} may take {weight:,} {name}, more than its limit of {limit:,} a minute",
                    remedy="ask for fewer tokens (max_tokens), send less, or raise the limit of the model",
                )
        limits = " ".join("-" if limit is None else str(limit) for limit in rates.windows())
        given = [self._name(number), _joined(weights), limits, self._window_ms, self._hold_ms]
        return float(await self._run(self._take, ask.model, given)) / 1000

    async def settle(self, number: int, ask: Ask, used: Used) -> None:
        """Say what a call took; one that nobody says anything of counts as it was asked for."""
        rates = self._rates.get(ask.model)
        if rates is None or not any(rates.windows()):
            return
        taken = rates.weights(
            ask.input_tokens if used.input_tokens is None else used.input_tokens,
            ask.output_tokens if used.output_tokens is None else used.output_tokens,
        )
        await self._run(self._settle, ask.model, [self._name(number), _joined(taken), self._window_ms])

    async def close(self) -> None:
        """Hang up."""
        await self._redis.aclose()

    def _name(self, number: int) -> str:
        return f"{self._holder}:{number}"

    async def _run(self, script: Any, model: str, given: list[Any]) -> int:
        from redis.exceptions import RedisError

        prefix = f"{{{self._scope}:{model}}}"
        try:
            return int(await script(keys=[f"{prefix}:live", f"{prefix}:weights", f"{prefix}:totals"], args=given))
        except (RedisError, OSError) as error:
            raise Incomplete(
                f"the shared limits cannot be asked: {one_line(str(error), 200)}",
                remedy="check the address in [run] limits; then: finharness eval --resume --retry-errors",
            ) from error


def _joined(weights: tuple[int, ...]) -> str:
    return " ".join(map(str, weights))
