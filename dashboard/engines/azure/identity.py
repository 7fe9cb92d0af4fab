"""Who signs in to Azure: every way of azure-identity by a name of ours, and what a token says of its holder.

Tokens are kept in memory by the libraries and nowhere else; none is ever logged or shown.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.azure.calls import sign_in_problem
from dashboard.engines.azure.clouds import Cloud
from dashboard.engines.azure.connections import chosen as set_up
from dashboard.errors import Problem, WatchbookError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

KINDS: dict[str, str] = {
    "default": "Whatever is found first: environment, workload identity, managed identity, developer tools",
    "environment": "The AZURE_* variables: client secret, certificate, or user name",
    "managed_identity": "The managed identity of this machine, app or pod",
    "workload_identity": "The workload identity of this Kubernetes pod",
    "azure_cli": "The person signed in with 'az login'",
    "azure_developer_cli": "The person signed in with 'azd auth login'",
    "azure_powershell": "The person signed in with 'Connect-AzAccount'",
    "visual_studio_code": "The person signed in to Visual Studio Code",
    "device_code": "A code to enter on another device",
    "browser": "A browser window on this machine",
    "user": "The reader's own token, passed on by the proxy that signed them in",
    "on_behalf_of": "The reader's own token, exchanged by this application",
}
PERSONAL = ("user", "on_behalf_of")
"""The kinds that need a reader's token: nobody else's sign-in is ever used in its place."""


@dataclass(frozen=True)
class Identity:
    """Who a token was given to. `expires` is aware, in UTC."""

    name: str
    kind: str
    tenant: str
    object_id: str
    expires: dt.datetime


@dataclass
class DevicePrompt:
    """What a person must do for a device-code sign-in that is under way."""

    address: str
    code: str
    until: dt.datetime


class _Prompts:
    """The device code that waits for a person, if any: told on stderr, and shown by the settings page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: DevicePrompt | None = None

    def tell(self, address: str, code: str, until: dt.datetime) -> None:
        import sys

        with self._lock:
            self._now = DevicePrompt(address, code, until)
        print(f"To sign in, open {address} and enter the code {code}.", file=sys.stderr, flush=True)

    def waiting(self) -> DevicePrompt | None:
        with self._lock:
            if self._now is None or self._now.until.timestamp() < dt.datetime.now(dt.UTC).timestamp():
                return None
            return self._now

    def done(self) -> None:
        with self._lock:
            self._now = None


PROMPTS = _Prompts()


class Credential:
    """A credential of azure-identity as azure-core's async clients take it. Its work is done in a thread: several of its
    kinds ask other programs or a browser."""

    def __init__(self, inner: TokenCredential) -> None:
        self._inner = inner

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token for the scopes; the libraries keep it until shortly before its end."""
        token = await asyncio.to_thread(self._inner.get_token, *scopes, **options)
        PROMPTS.done()
        return token

    async def close(self) -> None:
        """Nothing to let go of."""

    async def __aenter__(self) -> Credential:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Passed:
    """The reader's own token, as the proxy in front passed it on."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        from azure.core.credentials import AccessToken

        ends = claims(self._token).get("exp")
        return AccessToken(self._token, int(ends) if isinstance(ends, int | float) else _in_an_hour())


def _in_an_hour() -> int:
    return int(dt.datetime.now(dt.UTC).timestamp()) + 3600


def make_credential(cloud: Cloud, kind: str = "", user_token: str = "") -> TokenCredential:
    """The credential of the kind (empty: the setting `azure_credential`). Asks nobody yet.

    Raises WatchbookError: EN035 for an unknown kind, EN036 where a reader's token is needed and none came.
    """
    chosen = (kind or set_up("azure_credential")).strip().lower() or "default"
    if chosen not in KINDS:
        raise WatchbookError(
            Problem(
                "EN035",
                f"There is no way to sign in named '{chosen[:50]}'.",
                hint=f"Set WATCHBOOK_AZURE_CREDENTIAL to one of {', '.join(KINDS)}.",
            )
        )
    if chosen in PERSONAL and not user_token:
        raise WatchbookError(
            Problem(
                "EN036",
                "No sign-in of yours reached Watchbook.",
                hint="The proxy in front must pass your token in the header that WATCHBOOK_USER_TOKEN_HEADER names.",
            )
        )
    try:
        return _FACTORIES[chosen](cloud, user_token)
    except (ValueError, ImportError) as error:
        missing = str(error).split("\n", 1)[0][:200]
        raise WatchbookError(
            Problem("EN011", f"The sign-in '{chosen}' is not set up here: {missing}", hint="See docs/live.md.")
        ) from None


def _at(cloud: Cloud) -> dict[str, Any]:
    """Where to sign in. Microsoft's list of authorities knows nothing of a host that was set, so it is not asked about it."""
    own = bool(settings.text("azure_authority"))
    return {"authority": cloud.authority, **({"disable_instance_discovery": True} if own else {})}


def _named() -> dict[str, str]:
    return {
        name: settings.text(setting)
        for name, setting in (("tenant_id", "azure_tenant"), ("client_id", "azure_client"))
        if settings.text(setting)
    }


def _tenant() -> dict[str, str]:
    return {"tenant_id": settings.text("azure_tenant")} if settings.text("azure_tenant") else {}


def _on_behalf_of(cloud: Cloud, token: str) -> TokenCredential:
    import os

    from azure.identity import OnBehalfOfCredential

    tenant = settings.text("azure_tenant") or os.environ.get("AZURE_TENANT_ID", "")
    client = settings.text("azure_client") or os.environ.get("AZURE_CLIENT_ID", "")
    secret = os.environ.get("AZURE_CLIENT_SECRET", "")
    if not (tenant and client and secret):
        raise ValueError("it needs AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of this application.")
    return OnBehalfOfCredential(
        tenant_id=tenant, client_id=client, client_secret=secret, user_assertion=token, **_at(cloud)
    )


def _default(cloud: Cloud, _: str) -> TokenCredential:
    from azure.identity import DefaultAzureCredential

    more = {"managed_identity_client_id": settings.text("azure_client")} if settings.text("azure_client") else {}
    return DefaultAzureCredential(**_at(cloud), **more)


def _managed(_: Cloud, __: str) -> TokenCredential:
    from azure.identity import ManagedIdentityCredential

    client = settings.text("azure_client")
    return ManagedIdentityCredential(client_id=client) if client else ManagedIdentityCredential()


def _device_code(cloud: Cloud, _: str) -> TokenCredential:
    from azure.identity import DeviceCodeCredential

    named: dict[str, Any] = _named()
    return DeviceCodeCredential(prompt_callback=PROMPTS.tell, **_at(cloud), **named)


def _plain(name: str, *, tenant: bool = False, named: bool = False, authority: bool = False) -> Callable[..., Any]:
    def make(cloud: Cloud, _: str) -> TokenCredential:
        import azure.identity

        options: dict[str, Any] = _named() if named else _tenant() if tenant else {}
        if authority:
            options |= _at(cloud)
        made: TokenCredential = getattr(azure.identity, name)(**options)
        return made

    return make


_FACTORIES: dict[str, Callable[[Cloud, str], TokenCredential]] = {
    "default": _default,
    "environment": _plain("EnvironmentCredential", authority=True),
    "managed_identity": _managed,
    "workload_identity": _plain("WorkloadIdentityCredential", named=True, authority=True),
    "azure_cli": _plain("AzureCliCredential", tenant=True),
    "azure_developer_cli": _plain("AzureDeveloperCliCredential", tenant=True),
    "azure_powershell": _plain("AzurePowerShellCredential", tenant=True),
    "visual_studio_code": _plain("VisualStudioCodeCredential", tenant=True),
    "device_code": _device_code,
    "browser": _plain("InteractiveBrowserCredential", named=True, authority=True),
    "user": lambda _, token: _Passed(token),
    "on_behalf_of": _on_behalf_of,
}


def who_is(credential: TokenCredential, scope: str) -> Identity:
    """Asks for a token and reads who it is for. Raises WatchbookError (EN011)."""
    from azure.core.exceptions import AzureError

    try:
        token = credential.get_token(scope)
    except AzureError as error:
        raise WatchbookError(sign_in_problem(error)) from None
    PROMPTS.done()
    said = claims(token.token)
    name = said.get("upn") or said.get("unique_name") or said.get("preferred_username") or said.get("name")
    application = said.get("app_displayname") or said.get("appid") or said.get("azp")
    is_application = said.get("idtyp") == "app" or not name
    return Identity(
        name=str(name or application or "an identity whose token does not say who it is")[:200],
        kind="application" if is_application else "person",
        tenant=str(said.get("tid") or "")[:60],
        object_id=str(said.get("oid") or said.get("sub") or "")[:100],
        expires=dt.datetime.fromtimestamp(token.expires_on, dt.UTC),
    )


def claims(token: str) -> dict[str, Any]:
    """What a token says of itself, unverified: good for showing, never for deciding. Empty where it is opaque."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
