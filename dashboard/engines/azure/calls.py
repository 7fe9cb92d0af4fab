"""One way to send a request to a service of Azure and wait with patience: at most so many at once a target, again after
what passes by itself, inside one deadline, never again after what will not change.

The clients' own retries are switched off: they do not see an answer that ends early or is no JSON, do not share the
wait that a service asks for between queries, and have no deadline for a body that trickles.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.azure.clouds import is_plain_loopback
from dashboard.engines.azure.faults import MOST_BYTES, explain, too_large
from dashboard.engines.azure.loop import close_with
from dashboard.errors import Problem, WatchbookError

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

# What the service takes for its own time: an answer of 64 MB is told so by us only well beyond it.
_ROOM = 2 * MOST_BYTES
_LONGEST_WAIT = 20.0
_PASSING = frozenset((429, 500, 502, 503))


@dataclass(frozen=True)
class Reply:
    """A service's answer: its JSON, how many bytes it was, how often it was asked, how long that took."""

    status: int
    headers: Mapping[str, str]
    json: Any
    size: int
    tries: int
    seconds: float


class _Passing(Exception):
    """A fault that may be gone at the next try. `wait` is what the service asks for."""

    def __init__(self, problem: Problem, wait: float | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.wait = wait


class Gate:
    """Lets so many requests through at once, and none before the time that a service asked to wait for."""

    def __init__(self, most: int) -> None:
        self._turns = asyncio.Semaphore(max(1, most))
        self._closed_until = 0.0

    def close_for(self, seconds: float) -> None:
        """Lets nobody through for so long."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn for one request."""
        async with self._turns:
            while (left := self._closed_until - time.monotonic()) > 0:
                await asyncio.sleep(left)
            yield


class Caller:
    """Sends requests to one service. Used inside the loop of `loop.py` alone.

    `make_client` gives an azure-core client (`send_request`), made on first use. `service` is the name a person reads.
    """

    def __init__(self, service: str, endpoint: str, make_client: Callable[[], Any], at_once: int = 0) -> None:
        self.service = service
        self._make = make_client
        self._client: Any = None
        self._making = asyncio.Lock()
        self._at_once = at_once or settings.integer("workspace_queries")
        self._gates: dict[str, Gate] = {}
        # The client sends a token only over TLS; a server on this machine may be asked without.
        self._options: dict[str, Any] = {"enforce_https": False} if is_plain_loopback(endpoint) else {}

    async def call(
        self,
        request: Callable[[], HttpRequest],
        *,
        target: str,
        gate: str = "",
        seconds: float | None = None,
        accepted: tuple[int, ...] = (200,),
        again: bool = True,
    ) -> Reply:
        """The answer to `request`, which is made anew for each try. `target` names in messages what is asked; requests of
        one `gate` share its turns. With `again` off nothing is sent twice (a change that may have been made).

        Raises WatchbookError: EN011–EN018, EN031–EN034.
        """
        most = settings.integer("live_tries") if again else 1
        allowed = seconds or float(settings.integer("query_seconds"))
        turns = self._gates.setdefault(gate or target, Gate(self._at_once))
        await self._ready()
        started = deadline = 0.0
        tries, renewed = 0, False
        while True:
            tries += 1
            try:
                async with turns.turn():
                    if not deadline:
                        started = time.monotonic()
                        deadline = started + allowed
                    async with asyncio.timeout(max(deadline - time.monotonic(), 0.001)):
                        status, headers, body = await self._once(request(), accepted)
                if status in accepted:
                    parsed = await _parse(body)
                    return Reply(status, headers, parsed, len(body), tries, time.monotonic() - started)
                # The client forgot its token at the refusal: the next try asks for a new one.
                renew = status == 401 and not renewed and again
                problem = explain(status, _json_or_none(body), self.service, target)
                if renew:
                    renewed = True
                    continue
                if status not in _PASSING:
                    raise WatchbookError(problem)
                raise _Passing(problem, _asked_wait(headers))
            except TimeoutError:
                raise WatchbookError(_late(self.service, allowed)) from None
            except ValueError:
                passing = _Passing(
                    Problem("EN033", f"{self.service} gave an answer that cannot be read.", hint="Refresh in a while.")
                )
            except _Passing as fault:
                passing = fault
            wait = passing.wait if passing.wait is not None else _backoff(tries)
            if passing.problem.code == "EN016":
                turns.close_for(min(wait, _LONGEST_WAIT))
            if tries >= most or time.monotonic() + wait >= deadline:
                raise WatchbookError(_after(passing.problem, tries, passing.wait)) from None
            await asyncio.sleep(wait)

    async def _ready(self) -> None:
        """Makes the client, outside of any deadline and beside the loop: importing the libraries takes seconds."""
        async with self._making:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)
                close_with(self, self._client)

    async def _once(self, request: HttpRequest, accepted: tuple[int, ...]) -> tuple[int, Mapping[str, str], bytes]:
        from azure.core.exceptions import AzureError, ClientAuthenticationError

        response = None
        try:
            response = await self._client.send_request(request, stream=True, **self._options)
            kind = str(response.headers.get("content-type") or "").lower()
            if response.status_code in accepted and "json" not in kind and response.status_code != 204:
                raise WatchbookError(_not_data(self.service, kind))
            parts, size = [], 0
            async for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > _ROOM:
                    raise WatchbookError(too_large(self.service))
            return response.status_code, response.headers, b"".join(parts)
        except ClientAuthenticationError as error:
            raise WatchbookError(sign_in_problem(error)) from None
        except AzureError as error:
            if isinstance(error.__context__, ClientAuthenticationError):
                raise WatchbookError(sign_in_problem(error.__context__)) from None
            problem = Problem("EN017", f"{self.service} could not be reached.", hint="Check the network, then refresh.")
            raise _Passing(problem) from None
        finally:
            if response is not None:
                await response.close()


async def _parse(body: bytes) -> Any:
    import orjson

    if not body:
        raise ValueError("empty")
    # Large answers are read beside the loop, which others are waiting on.
    return orjson.loads(body) if len(body) < 262_144 else await asyncio.to_thread(orjson.loads, body)


def _json_or_none(body: bytes) -> Any:
    import orjson

    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds that a service asks to wait for, None where it says nothing that can be read."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = str(headers.get(name) or "").strip()
        if not text:
            continue
        try:
            return max(0.0, float(text) * unit)
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
        except (TypeError, ValueError):
            continue
    return None


def _backoff(tries: int) -> float:
    """Doubles with each try; the chance in it keeps many readers from coming back at the same moment."""
    first = settings.integer("live_backoff_ms") / 1000
    wait: float = min(first * 2 ** (tries - 1), _LONGEST_WAIT)
    return wait * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)


def _late(service: str, seconds: float) -> Problem:
    return Problem(
        "EN018",
        f"{service} gave no whole answer within {seconds:g} seconds.",
        hint="Narrow the time range or the query.",
    )


def _not_data(service: str, kind: str) -> Problem:
    shown = kind.partition(";")[0][:60] or "nothing that says what it is"
    return Problem(
        "EN034",
        f"Something between here and {service} answered with {shown}, not with data.",
        hint="A proxy or a sign-in page may stand in the way: check WATCHBOOK_AZURE_CLOUD and the proxy.",
    )


def _after(problem: Problem, tries: int, wait: float | None) -> Problem:
    """The problem with how often it was tried, where that was more than once."""
    message = problem.message.rstrip(".")
    if wait is not None and wait > 1:
        message += f" for {wait:.0f} seconds"
    tried = f" (tried {tries} times)" if tries > 1 else ""
    return Problem(problem.code, f"{message}{tried}.", problem.severity, problem.place, problem.hint)


def sign_in_problem(error: BaseException) -> Problem:
    """What a credential's refusal means. The libraries' own text may hold secrets and stays out, but for what it names as
    not set up."""
    text = str(error)
    if "AADSTS" in text:
        at = text.index("AADSTS")
        code = text[at : at + 16].split(":")[0].split()[0]
        said = _ENTRA.get(code, "Microsoft Entra refused the sign-in")
        return Problem("EN011", f"Signing in to Azure failed: {said} ({code}).", hint=_SIGN_IN)
    if "az login" in text or "Azure CLI not" in text or "not found on path" in text:
        return Problem("EN011", "Signing in to Azure failed: nobody is signed in to the Azure CLI.", hint=_SIGN_IN)
    return Problem("EN011", "Signing in to Azure failed.", hint=_SIGN_IN)


_SIGN_IN = "Run 'az login', or set the AZURE_* variables of an identity; WATCHBOOK_AZURE_CREDENTIAL chooses the way."
_ENTRA = {
    "AADSTS50076": "it asks for a second factor",
    "AADSTS50079": "it asks for a second factor",
    "AADSTS50126": "the user name or password is wrong",
    "AADSTS50173": "the sign-in has expired",
    "AADSTS700082": "the sign-in has expired",
    "AADSTS70043": "the sign-in has expired",
    "AADSTS7000215": "the client secret is wrong",
    "AADSTS7000222": "the client secret has expired",
    "AADSTS700016": "the application is not known in this tenant",
    "AADSTS90002": "there is no such tenant",
    "AADSTS65001": "nobody has consented to this application",
    "AADSTS53003": "a conditional access policy blocks it",
}


def rest_client(base: str, credential: Any, scope: str) -> Any:
    """A plain azure-core client with a bearer token for `scope`, for services whose REST reference is followed here."""
    from azure.core import AsyncPipelineClient
    from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy, UserAgentPolicy

    from dashboard import __version__

    agent = UserAgentPolicy(base_user_agent=f"watchbook/{__version__}")
    return AsyncPipelineClient(base, policies=[agent, AsyncBearerTokenCredentialPolicy(credential, scope)])
