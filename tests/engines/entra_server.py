"""Microsoft Entra ID on loopback, over TLS, as its public reference of the OAuth 2.0 flows describes it: client secrets,
certificates and federated tokens of applications, device codes of people, and tokens on behalf of somebody."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import trustme

from tests.engines.azure_server import TENANT, token
from tests.loopback import running

CLIENT = "cccccccc-0000-0000-0000-000000000001"
SECRET = "a-secret-of-one-run"
FEDERATED = "a-token-of-the-cluster"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Entra:
    """Where people sign in: the host, the file of its authority, a certificate with its key, and the grants that were given."""

    host: str
    authority_file: Path
    certificate_file: Path
    grants: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def _part(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def _claims(jwt: str) -> dict[str, Any]:
    part = jwt.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _is_known(asked: dict[str, str]) -> bool:
    """Whether the request shows what this tenant gave to its application or person."""
    if asked.get("client_secret") == SECRET or asked.get("device_code") == "the-device":
        return True
    assertion = asked.get("client_assertion", "")
    if asked.get("client_assertion_type") != _ASSERTION:
        return False
    return assertion == FEDERATED or (assertion.count(".") == 2 and _claims(assertion)["iss"] == CLIENT)


def _answer(entra: Entra, path: str, asked: dict[str, str]) -> tuple[int, Any]:
    base = f"https://{entra.host}/{TENANT}"
    if path.endswith("/.well-known/openid-configuration"):
        return 200, {
            "issuer": f"{base}/v2.0", "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token", "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        }  # fmt: skip
    if path.endswith("/devicecode"):
        return 200, {
            "device_code": "the-device", "user_code": "ABCD-EFGH", "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900, "interval": 0, "message": "Enter the code.",
        }  # fmt: skip
    if not path.endswith("/oauth2/v2.0/token"):
        return 404, {"error": "not_found"}
    entra.grants.append(asked)
    if not _is_known(asked):
        return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    now = int(time.time())
    identity = {
        "iss": f"{base}/v2.0", "aud": asked["client_id"], "sub": "s", "oid": "o", "tid": TENANT, "iat": now, "exp": now + 3600,
        "preferred_username": "ada@example.org",
    }  # fmt: skip
    return 200, {
        "token_type": "Bearer", "expires_in": 3600, "access_token": token("ada@example.org"), "scope": asked.get("scope", ""),
        "id_token": f"{_part({'alg': 'none'})}.{_part(identity)}.x", "client_info": _part({"uid": "o", "utid": TENANT}),
    }  # fmt: skip


@contextlib.contextmanager
def entra_server(folder: Path) -> Iterator[Entra]:
    """The tenant, until the block ends; its files are written into `folder`."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    entra = Entra("", folder / "authority.pem", folder / "application.pem")
    authority.cert_pem.write_to_path(str(entra.authority_file))
    authority.issue_cert(
        "application.example", key_type=trustme.KeyType.RSA
    ).private_key_and_cert_chain_pem.write_to_path(str(entra.certificate_file))

    class Handler(BaseHTTPRequestHandler):
        def _one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            entra.paths.append(self.path)
            status, told = _answer(entra, self.path.partition("?")[0], {k: v[0] for k, v in parse_qs(body).items()})
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _one

        def log_message(self, *_: Any) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler), context) as server:
        entra.host = f"localhost:{server.server_port}"
        yield entra
