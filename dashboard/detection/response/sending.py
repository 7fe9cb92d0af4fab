"""What each kind of playbook sends, and how it is sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import smtplib
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, Final

from dashboard import settings
from dashboard.detection.alert import Alert, entity_name
from dashboard.detection.incidents.incident import Incident
from dashboard.detection.response.addresses import Resolve, resolve
from dashboard.detection.response.http import SendFailed, exchange
from dashboard.detection.response.payload import incident_payload
from dashboard.detection.response.playbook import Playbook, fill, fill_json
from dashboard.errors import Problem, WatchbookError

_COLOURS: Final = {"High": "#d13438", "Medium": "#ca5010", "Low": "#986f0b", "Informational": "#605e5c"}
_OUTPUT: Final = 2000


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent: `body` (bytes of a request, text of an e-mail, input of a command), `headers`, `title`."""

    kind: str
    where: str
    title: str
    body: bytes
    headers: Mapping[str, str]
    arguments: tuple[str, ...] = ()


def placeholders(incident: Incident, alerts: Sequence[Alert]) -> dict[str, str]:
    """The values of the placeholders of templates."""
    extra = incident.state.get("AdditionalData") or {}
    names = dict.fromkeys(entity_name(entity) for alert in alerts for entity in alert.entities)
    return {
        "number": str(incident.number), "title": incident.title, "description": str(incident.state.get("Description") or ""),
        "severity": incident.severity, "status": incident.status, "owner": incident.owner or "nobody", "labels": ", ".join(incident.labels),
        "tactics": ", ".join(extra.get("tactics") or []), "entities": ", ".join(name for name in names if name),
        "alerts": str(len(incident.alert_ids)), "created": str(incident.state["CreatedTime"]), "url": str(incident.state.get("IncidentUrl") or ""),
    }  # fmt: skip


def compose(
    playbook: Playbook, incident: Incident, alerts: Sequence[Alert], *, event: str, key: str, attempt: int = 1
) -> Message:
    """What a playbook would send for an incident; `key` is the same for every attempt. Nothing is sent: a dry run shows it.

    Raises WatchbookError (RS003) where the variable that holds the secret is not set.
    """
    values = placeholders(incident, alerts)
    title = " ".join(fill(playbook.title, values).split())[:200]
    text = fill(playbook.text, values)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Watchbook-Attempt": str(attempt),
        **playbook.headers,
    }
    match playbook.kind:
        case "webhook":
            if playbook.body:
                content: Any = fill_json(playbook.body, values)
            else:
                content = incident_payload(incident, alerts, event=event, event_id=key)
        case "teams":
            content = _teams(title, text, incident.severity)
        case "slack":
            content = _slack(title, text, incident.severity)
        case "email":
            return Message("email", ", ".join(playbook.to), title, text.encode(), {"X-Watchbook-Key": key})
        case _:
            content = incident_payload(incident, alerts, event=event, event_id=key)
    body = json.dumps(content, ensure_ascii=False).encode()
    if playbook.kind == "command":
        arguments = tuple(fill(argument, values).replace("\0", "") for argument in playbook.arguments)
        return Message("command", playbook.command, title, body, {}, arguments)
    if playbook.secret:
        headers |= signature(playbook.secret, body)
    return Message(playbook.kind, playbook.address, title, body, headers)


def signature(variable: str, body: bytes, now: float | None = None) -> dict[str, str]:
    """The header that signs a body: HMAC-SHA256 over `time.body` with the secret in the environment variable."""
    secret = os.environ.get(variable, "")
    if not secret:
        raise WatchbookError(
            Problem("RS003", f"The variable {variable}, which holds the secret, is not set.", hint="Nothing was sent.")
        )
    at = str(int(time.time() if now is None else now))
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Watchbook-Signature": f"t={at},v1={digest}"}


def send(
    message: Message,
    *,
    seconds: float = 30,
    entries: Sequence[str] | None = None,
    lookup: Resolve = resolve,
    context: ssl.SSLContext | None = None,
) -> str:
    """Sends it; what the run's history says about it. Raises WatchbookError: SendFailed where another try may help."""
    if message.kind == "email":
        return send_mail(
            message.where.split(", "), message.title, message.body.decode(), headers=message.headers, seconds=seconds
        )
    if message.kind == "command":
        return run_command(message.where, message.arguments, message.body, seconds)
    reply = exchange(
        message.where, message.body, message.headers, entries=entries, lookup=lookup, seconds=seconds, context=context
    )
    return f"answered {reply.status}"


def _teams(title: str, text: str, severity: str) -> dict[str, Any]:
    """An adaptive card, as the webhooks of Teams' workflows take it."""
    colour = {"High": "Attention", "Medium": "Warning"}.get(severity, "Default")
    blocks = [{"type": "TextBlock", "size": "Medium", "weight": "Bolder", "text": title, "wrap": True, "color": colour}]
    blocks += [{"type": "TextBlock", "text": line, "wrap": True} for line in text.splitlines() if line.strip()]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    return {
        "type": "message",
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
        ],
    }


def _slack(title: str, text: str, severity: str) -> dict[str, Any]:
    def plain(value: str) -> str:
        # Slack reads <…> as links and mentions: a log's text must not call a channel.
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    section = {"type": "section", "text": {"type": "mrkdwn", "text": plain(text)[:2900]}}
    head = {"type": "header", "text": {"type": "plain_text", "text": title[:150]}}
    return {
        "text": plain(title),
        "attachments": [{"color": _COLOURS.get(severity, "#605e5c"), "blocks": [head, section]}],
    }


def send_mail(
    to: Sequence[str], title: str, text: str, *, headers: Mapping[str, str] | None = None, seconds: float = 30,
    attachments: Sequence[tuple[str, bytes, str]] = (),
) -> str:  # fmt: skip
    """Sends an e-mail by the server of the settings; `attachments` are name, content and MIME type.

    Raises SendFailed (RS007): another try may help where the server does not answer or says 4xx, not where it refuses.
    """
    host = settings.text("smtp_host")
    if not host:
        raise SendFailed(
            Problem("RS007", "No mail server is set.", hint="Set WATCHBOOK_SMTP_HOST and WATCHBOOK_SMTP_FROM."),
            again=False,
        )
    sender = settings.text("smtp_from") or f"watchbook@{host}"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, ", ".join(to), " ".join(title.split())[:200] or "Watchbook"
    mail["Message-ID"] = make_msgid(domain="watchbook.invalid")
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(text)
    for name, content, kind in attachments:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=name)
    port, mode = settings.integer("smtp_port"), settings.text("smtp_security")
    try:
        context = ssl.create_default_context()
        if mode == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=seconds, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=seconds)
        with server:
            if mode == "starttls":
                server.starttls(context=context)
            user = settings.text("smtp_user")
            if user:
                server.login(user, settings.text("smtp_password"))
            refused = server.send_message(mail)
    except smtplib.SMTPResponseException as error:
        said = (
            error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        )
        problem = Problem("RS007", f"The mail server {host} refuses: {error.smtp_code} {said[:200]}")
        raise SendFailed(problem, again=400 <= error.smtp_code < 500) from None
    except smtplib.SMTPRecipientsRefused as error:
        code, why = next(iter(error.recipients.values()))
        problem = Problem(
            "RS007", f"The mail server {host} refuses the receivers: {code} {why.decode(errors='replace')[:200]}"
        )
        raise SendFailed(problem, again=400 <= code < 500) from None
    except (smtplib.SMTPException, OSError) as error:
        reason = (
            "it has no encryption that can be trusted"
            if isinstance(error, ssl.SSLError)
            else str(error)[:200] or type(error).__name__
        )
        problem = Problem("RS007", f"The mail server {host} cannot be used: {reason}.")
        raise SendFailed(problem, again=not isinstance(error, (ssl.SSLError, smtplib.SMTPNotSupportedError))) from None
    return f"sent to {len(to) - len(refused)} of {len(to)} receivers"


def run_command(name: str, arguments: Sequence[str], given: bytes, seconds: float) -> str:
    """Runs a file of the folder of allowed commands, without a shell, with the incident as JSON on its input and nothing of
    our environment but PATH and LANG. Raises WatchbookError (RS006)."""
    folder = settings.text("response_commands")
    place = Path(folder).expanduser().resolve() if folder else None
    file = (place / name) if place else None
    if (
        place is None
        or file is None
        or not file.is_file()
        or file.resolve().parent != place
        or not os.access(file, os.X_OK)
    ):
        hint = "Put an executable file into the folder WATCHBOOK_RESPONSE_COMMANDS."
        raise WatchbookError(Problem("RS006", f"'{name[:80]}' is not in the folder of allowed commands.", hint=hint))
    known = {key: os.environ[key] for key in ("PATH", "LANG", "HOME") if key in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 (a file of the folder that the owner chose, without a shell)
            [str(file), *arguments],
            input=given,
            capture_output=True,
            timeout=seconds,
            cwd=place,
            env=known,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SendFailed(
            Problem("RS006", f"{name} took longer than {seconds:g} seconds and was ended."), again=True
        ) from None
    except OSError as error:
        raise WatchbookError(Problem("RS006", f"{name} cannot be run: {error.strerror}.")) from None
    said = (done.stdout or done.stderr).decode(errors="replace").strip()[:_OUTPUT]
    if done.returncode:
        raise SendFailed(Problem("RS006", f"{name} ended with {done.returncode}. {said}"), again=True)
    return f"{name} ended well. {said}".strip()
