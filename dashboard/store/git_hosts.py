"""A workbook from a pasted address in a Git host: which file the address means, and fetching it.

Nothing is contacted before a person has seen the host and agreed: `raw_address` only rewrites text. Only https, only the hosts of
the setting `git_hosts`, no redirect to another host, no credentials, at most the size a workbook may have.
"""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from http.client import HTTPMessage
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from dashboard import settings
from dashboard.errors import Problem, WatchbookError

_SECONDS = 20
_SIGN_IN = "a file that needs a sign-in is downloaded by hand and imported as a file"
_HINT = "Paste the address of a workbook's JSON file, as the browser shows it."


def allowed_hosts() -> tuple[str, ...]:
    """The hosts that may be asked, lower case."""
    return tuple(host.strip().lower() for host in str(settings.setting("git_hosts")).split(",") if host.strip())


def raw_address(address: str) -> str:
    """The address of the file's bytes for an address as a browser shows it: pages of files on GitHub (github.com or a company's
    own), GitLab, Bitbucket, Codeberg and Azure DevOps.

    Raises WatchbookError (SO111) for an address that is not https, not on an allowed host, or hides what it is.
    """
    text = address.strip()
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise _refused("it is not an address") from None
    if len(text) > 2_000 or any(ord(c) < 33 or ord(c) == 127 for c in text):
        raise _refused("it is too long or holds characters that no address has")
    if parts.scheme != "https":
        raise _refused("only https is fetched")
    if "@" in parts.netloc:
        raise _refused("it carries a name or password")
    if port not in (None, 443) or host not in allowed_hosts():
        shown = host if port in (None, 443) else f"{host}:{port}"
        raise _refused(f"{shown} is not among the hosts that may be asked ({', '.join(allowed_hosts())})")
    path = [unquote(part) for part in parts.path.split("/") if part]
    if any(part in (".", "..") for part in path):
        raise _refused("its path leads upwards")
    if host == "github.com":
        if len(path) > 4 and path[2] in ("blob", "raw"):
            host, path = "raw.githubusercontent.com", [*path[:2], *path[3:]]
        else:
            raise _refused("it is not the page of a file")
    elif len(path) > 3 and path[2] == "_git":
        return _azure_devops(host, path, parts.query)
    elif "blob" in path and (path[path.index("blob") - 1] == "-" or (path.index("blob") == 2 and len(path) > 4)):
        path[path.index("blob")] = "raw"
    elif len(path) > 3 and path[2] == "src":
        path[2] = "raw"
    if host not in allowed_hosts():
        raise _refused(f"its file lies on {host}, which is not among the hosts that may be asked")
    return f"https://{host}/" + _joined(path)


def _joined(path: list[str]) -> str:
    return "/".join(quote(part, safe="-._~+=,;:@!$&'()*") for part in path)


_VERSIONS = {"GB": "branch", "GT": "tag", "GC": "commit"}


def _azure_devops(host: str, path: list[str], query: str) -> str:
    """The address of a file in a repository of Azure DevOps, whose pages name file and version in the query
    (https://learn.microsoft.com/rest/api/azure/devops/git/items/get)."""
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    file, version = asked.get("path", ""), asked.get("version", "")
    if not file or ".." in file.split("/"):
        raise _refused("it is not the page of a file")
    wanted = {"path": file, "$format": "octetStream", "api-version": "7.1"}
    if version[:2] in _VERSIONS:
        wanted |= {
            "versionDescriptor.version": version[2:],
            "versionDescriptor.versionType": _VERSIONS[version[:2]],
        }
    return (
        f"https://{host}/{_joined([*path[:2], '_apis', 'git', 'repositories', path[3], 'items'])}?{urlencode(wanted)}"
    )


def file_name(raw: str) -> str:
    """The name of the file behind an address that `raw_address` gave."""
    parts = urlsplit(raw)
    path = parse_qs(parts.query).get("path", [unquote(parts.path)])[0]
    return PurePosixPath(path).name


def fetch(address: str, *, context: ssl.SSLContext | None = None) -> bytes:
    """The bytes behind an address. Call it only after a person agreed to contact its host.

    Raises WatchbookError: SO111 for an address that may not be asked, SO112 where the host does not give the file.
    """
    raw = raw_address(address)
    largest = settings.integer("workbook_mb") * 1_048_576
    opener = urllib.request.build_opener(_SameHosts(), urllib.request.HTTPSHandler(context=context))
    # raw_address lets https only.
    request = urllib.request.Request(  # noqa: S310
        raw, headers={"User-Agent": "watchbook", "Accept": "*/*"}
    )
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            data: bytes = answer.read(largest + 1)
    except urllib.error.HTTPError as error:
        raise _failed(f"{urlsplit(raw).hostname} answers {error.code}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _failed(f"{urlsplit(raw).hostname} cannot be reached: {reason}") from None
    if len(data) > largest:
        raise _failed(f"the file has more than {settings.integer('workbook_mb')} MB")
    if data.lstrip()[:1] == b"<":
        raise _failed(f"{urlsplit(raw).hostname} gives a web page, not the file; {_SIGN_IN}")
    return data


class _SameHosts(urllib.request.HTTPRedirectHandler):
    """Follows redirects to allowed hosts only."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """The next request; raises WatchbookError (SO112) where it would leave the allowed hosts."""
        try:
            raw_address(newurl)
        except WatchbookError:
            reason = f"{req.host} leads on to {urlsplit(newurl).netloc or newurl}, which is not asked; {_SIGN_IN}"
            raise _failed(reason) from None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refused(reason: str) -> WatchbookError:
    return WatchbookError(Problem("SO111", f"This address is not fetched: {reason}.", hint=_HINT))


def _failed(reason: str) -> WatchbookError:
    return WatchbookError(Problem("SO112", f"The workbook was not fetched: {reason}.", hint="Check the address."))
