"""The query API over an engine, behind its guards, on a free port of loopback."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from azure.core.credentials import AccessToken

from dashboard.engines.protocol import Engine
from dashboard.server.api_serve import guarded_api
from dashboard.server.serve import make_server, open_socket
from tests.server.listening import Answer, ask

WORKSPACE = "11111111-2222-3333-4444-555555555555"
QUERY = f"/v1/workspaces/{WORKSPACE}/query"


@contextlib.contextmanager
def querying(engine: Engine, token: str = "") -> Iterator[int]:
    """Serves the query API; gives the port."""
    sock = open_socket("127.0.0.1", 0)
    server = make_server(guarded_api(engine, host="127.0.0.1", token=token), compress=False)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(5)
        sock.close()


def post(port: int, path: str, body: Any, **headers: str) -> tuple[Answer, Any]:
    """Posts JSON (or bytes as they are); the answer and its JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = ask(port, path, method="POST", headers={"Content-Type": "application/json", **names}, body=data)
    return answer, json.loads(answer.body)


class Credential:
    """A credential as azure-identity's are."""

    def __init__(self, token: str = "any") -> None:
        self.token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self.token, int(dt.datetime.now().timestamp()) + 3600)
