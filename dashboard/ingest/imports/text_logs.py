"""CEF and Syslog as text: each line a record with the column names of CommonSecurityLog or Syslog."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from dashboard.ingest.imports.json_reader import cut
from dashboard.ingest.imports.records import Bad, Items, Record
from dashboard.ingest.imports.source import LENIENT, LINE_BYTES, Source
from dashboard.ingest.imports.times import read_time

_FACILITIES = [
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
    "audit",
    "alert",
    "clock",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
]
_SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_PRIORITY = re.compile(r"<(\d{1,3})>")
_STAMP = re.compile(r"([A-Z][a-z]{2}\s+\d{1,2}(?:\s+\d{4})?\s+\d\d:\d\d:\d\d(?:\.\d+)?)\s+")
_ISO_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)\s+")
_RFC5424 = re.compile(r"1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]\\]|\\.)*\])+)\s?")
_TAG = re.compile(r"([^\s:\[]{1,128})(?:\[(\d{1,10})\])?:\s?")
_CEF = re.compile(r"CEF:\s*(\d+(?:\.\d+)?)\|")
_HEAD_PART = re.compile(r"((?:[^|\\]|\\.)*)\|")
_KEY = re.compile(r"(?:^|\s)([A-Za-z0-9_.\-\[\]]+)=")
_ESCAPE = re.compile(r"\\([\\|=nr])")

_CEF_NAMES = {
    "act": "DeviceAction", "app": "ApplicationProtocol", "cat": "DeviceEventCategory", "cnt": "EventCount", "dst": "DestinationIP",
    "dhost": "DestinationHostName", "dmac": "DestinationMACAddress", "dntdom": "DestinationNTDomain", "dpt": "DestinationPort",
    "dpid": "DestinationProcessId", "dproc": "DestinationProcessName", "dpriv": "DestinationUserPrivileges",
    "duid": "DestinationUserID", "duser": "DestinationUserName", "destinationDnsDomain": "DestinationDnsDomain",
    "destinationServiceName": "DestinationServiceName", "destinationTranslatedAddress": "DestinationTranslatedAddress",
    "destinationTranslatedPort": "DestinationTranslatedPort", "deviceDirection": "CommunicationDirection",
    "deviceDnsDomain": "DeviceDnsDomain", "deviceExternalId": "DeviceExternalID", "deviceFacility": "DeviceFacility",
    "deviceInboundInterface": "DeviceInboundInterface", "deviceOutboundInterface": "DeviceOutboundInterface",
    "deviceNtDomain": "DeviceNtDomain", "devicePayloadId": "DevicePayloadId", "deviceProcessName": "ProcessName",
    "deviceTranslatedAddress": "DeviceTranslatedAddress", "dtz": "DeviceTimeZone", "dvc": "DeviceAddress", "dvchost": "DeviceName",
    "dvcmac": "DeviceMacAddress", "dvcpid": "ProcessID", "end": "EndTime", "externalId": "ExtID", "fileCreateTime": "FileCreateTime",
    "fileHash": "FileHash", "fileId": "FileID", "fileModificationTime": "FileModificationTime", "filePath": "FilePath",
    "filePermission": "FilePermission", "fileType": "FileType", "fname": "FileName", "fsize": "FileSize", "in": "ReceivedBytes",
    "msg": "Message", "oldFileCreateTime": "OldFileCreateTime", "oldFileHash": "OldFileHash", "oldFileId": "OldFileID",
    "oldFileModificationTime": "OldFileModificationTime", "oldFileName": "OldFileName", "oldFilePath": "OldFilePath",
    "oldFilePermission": "OldFilePermission", "oldFileSize": "OldFileSize", "oldFileType": "OldFileType", "out": "SentBytes",
    "outcome": "EventOutcome", "proto": "Protocol", "reason": "Reason", "request": "RequestURL",
    "requestClientApplication": "RequestClientApplication", "requestContext": "RequestContext", "requestCookies": "RequestCookies",
    "requestMethod": "RequestMethod", "rt": "ReceiptTime", "shost": "SourceHostName", "smac": "SourceMACAddress", "sntdom": "SourceNTDomain",
    "sourceDnsDomain": "SourceDnsDomain", "sourceServiceName": "SourceServiceName", "sourceTranslatedAddress": "SourceTranslatedAddress",
    "sourceTranslatedPort": "SourceTranslatedPort", "spid": "SourceProcessId", "spriv": "SourceUserPrivileges", "sproc": "SourceProcessName",
    "spt": "SourcePort", "src": "SourceIP", "start": "StartTime", "suid": "SourceUserID", "suser": "SourceUserName", "type": "EventType",
    **{f"cs{i}{e}": f"DeviceCustomString{i}{e}" for i in range(1, 7) for e in ("", "Label")},
    **{f"cn{i}{e}": f"DeviceCustomNumber{i}{e}" for i in range(1, 4) for e in ("", "Label")},
    **{f"cfp{i}{e}": f"DeviceCustomFloatingPoint{i}{e}" for i in range(1, 5) for e in ("", "Label")},
    **{f"c6a{i}{e}": f"DeviceCustomIPv6Address{i}{e}" for i in range(1, 5) for e in ("", "Label")},
    **{f"deviceCustomDate{i}{e}": f"DeviceCustomDate{i}{e}" for i in range(1, 3) for e in ("", "Label")},
    **{f"flex{k}{i}{e}": f"Flex{k}{i}{e}" for k in ("String", "Number", "Date") for i in range(1, 3) for e in ("", "Label")},
}  # fmt: skip
_NUMBERS = {
    "DestinationPort", "SourcePort", "DestinationTranslatedPort", "SourceTranslatedPort", "DestinationProcessId", "SourceProcessId",
    "ProcessID", "FileSize", "OldFileSize", "EventCount", "EventType", "FlexNumber1", "FlexNumber2",
    *(f"DeviceCustomNumber{i}" for i in range(1, 4)),
}  # fmt: skip
_LONG_NUMBERS = {"ReceivedBytes", "SentBytes"}
_REALS = {f"DeviceCustomFloatingPoint{i}" for i in range(1, 5)}
_TIMES = {"StartTime", "EndTime"}


def looks_like_cef(head: bytes) -> bool:
    """Whether most of the first lines are CEF, with or without a syslog header."""
    lines = _first_lines(head)
    return bool(lines) and sum(_CEF.search(line[:400]) is not None for line in lines) * 2 > len(lines)


def looks_like_syslog(head: bytes) -> bool:
    """Whether most of the first lines begin with a syslog priority or time."""
    lines = _first_lines(head)
    return bool(lines) and sum(_is_syslog(line) for line in lines) * 2 >= len(lines)


def read_cef(source: Source, now: dt.datetime) -> Items:
    """CEF lines as records of CommonSecurityLog; keys without a column go to AdditionalExtensions as `key=value;key=value`."""
    for number, line in _lines(source):
        if isinstance(line, Bad):
            yield number, line
        elif (record := _cef(line, now)) is not None:
            yield number, record
        else:
            yield number, Bad("not CEF: no 'CEF:0|vendor|product|version|class|name|severity|' in it", cut(line))


def read_syslog(source: Source, now: dt.datetime) -> Items:
    """Syslog lines (RFC 3164 and 5424) as records of Syslog; a line that goes on from the one before (it begins with a space)
    belongs to it."""
    held: tuple[int, Record] | None = None
    for number, line in _lines(source):
        if isinstance(line, Bad):
            yield number, line
        elif _is_syslog(line):
            if held:
                yield held
            held = number, _syslog(line, now)
        elif held and line[:1].isspace() and len(held[1]["SyslogMessage"]) < LINE_BYTES // 64:
            held[1]["SyslogMessage"] += f"\n{line}"
        else:
            yield number, Bad("not Syslog: it begins with neither a priority nor a time", cut(line))
    if held:
        yield held


def log_record(line: str, now: dt.datetime, sender: str) -> tuple[str, Record]:
    """One line that arrived over the network, with its table: CommonSecurityLog where it is CEF, else Syslog. What it does not say of its time
    and its host, the arrival says."""
    cef = _cef(line, now)
    record = cef if cef is not None else _syslog(line, now)
    record["TimeGenerated"] = record.get("TimeGenerated") or now
    record["Computer"] = record.get("Computer") or sender
    if cef is None:
        record["HostIP"] = sender
        record["EventTime"] = record.get("EventTime") or now
        record["HostName"] = record.get("HostName") or sender
    return ("Syslog" if cef is None else "CommonSecurityLog"), record


def _lines(source: Source) -> Iterator[tuple[int, str | Bad]]:
    for number, raw in enumerate(source.lines(), 1):
        if raw is None:
            yield number, Bad(f"a line longer than {LINE_BYTES >> 20} MB", "")
        elif raw.strip():
            yield number, raw.decode("utf-8", LENIENT)


def _first_lines(head: bytes) -> list[str]:
    lines = [line for line in head[:65_536].decode("utf-8", LENIENT).splitlines() if line.strip()]
    return lines[:20]


def _is_syslog(line: str) -> bool:
    return bool(_PRIORITY.match(line) or _STAMP.match(line) or _ISO_STAMP.match(line))


def _header(line: str, now: dt.datetime) -> tuple[Record, str]:
    """What the syslog header says, and the rest of the line."""
    record: Record = {}
    if (match := _PRIORITY.match(line)) and int(match[1]) < 192:
        facility, severity = divmod(int(match[1]), 8)
        record |= {"Facility": _FACILITIES[facility], "SeverityLevel": _SEVERITIES[severity]}
        line = line[match.end() :]
    if match := _RFC5424.match(line):
        time, host, app, process, message_id, data = (("" if part == "-" else part) for part in match.groups())
        record |= {"TimeGenerated": time, "HostName": host, "ProcessName": app, "ProcessID": process}
        record |= {k: v for k, v in (("MessageId", message_id), ("StructuredData", data)) if v}
        return record, line[match.end() :].lstrip("\ufeff")
    for pattern in (_STAMP, _ISO_STAMP):
        if match := pattern.match(line):
            record["TimeGenerated"] = _recent(match[1], now)
            line = line[match.end() :]
            host, _, rest = line.partition(" ")
            if rest and not host.endswith(":") and "[" not in host and "=" not in host and not host.startswith("CEF:"):
                record["HostName"], line = host, rest
            break
    return record, line


def _recent(stamp: str, now: dt.datetime) -> dt.datetime | str:
    """A time without a year is the last one that has been."""
    moment = read_time(stamp, year=now.year)
    if moment is None:
        # 29 February exists in a leap year only.
        return read_time(stamp, year=now.year - now.year % 4) or stamp
    no_year = not re.search(r"\d{4}", stamp)
    if no_year and moment > now + dt.timedelta(days=1):
        return read_time(stamp, year=now.year - 1) or moment
    return moment


def _syslog(line: str, now: dt.datetime) -> Record:
    record, rest = _header(line, now)
    if "ProcessName" not in record and (match := _TAG.match(rest)):
        record |= {"ProcessName": match[1], "ProcessID": match[2]}
        rest = rest[match.end() :]
    record.setdefault("TimeGenerated", None)
    host = record.get("HostName")
    process = str(record.get("ProcessID") or "")
    if process and not re.fullmatch(r"[0-9]{1,9}", process):
        record |= {"ProcessID": None, "ProcessIDText": process}
    return {**record, "Computer": host, "EventTime": record["TimeGenerated"], "SyslogMessage": rest}


def _cef(line: str, now: dt.datetime) -> Record | None:
    found = _CEF.search(line)
    if found is None:
        return None
    header, between = _header(f"{line[: found.start()]}CEF:", now)
    between = between.removesuffix("CEF:").strip()
    at, parts = found.end(), []
    for _ in range(6):
        match = _HEAD_PART.match(line, at)
        if match is None:
            return None
        parts.append(_ESCAPE.sub(_unescaped, match[1]))
        at = match.end()
    vendor, product, version, class_id, activity, severity = parts
    record: Record = {
        "TimeGenerated": header.get("TimeGenerated"), "DeviceVendor": vendor, "DeviceProduct": product, "DeviceVersion": version,
        "DeviceEventClassID": class_id, "Activity": activity, "LogSeverity": severity, "Computer": header.get("HostName"),
    }  # fmt: skip
    if header.get("Facility"):
        record |= {"SyslogFacility": header["Facility"], "SyslogSeverity": header["SeverityLevel"]}
    if between:
        record["SyslogHeader"] = between
    further = []
    line = line[at:]
    keys = list(_KEY.finditer(line))
    for key, after in zip(keys, [*keys[1:], None], strict=True):
        value = _ESCAPE.sub(_unescaped, line[key.end() : after.start() if after else len(line)].strip())
        name = _CEF_NAMES.get(key[1])
        if name and name not in record and _fits(name, value):
            record[name] = value
        else:
            further.append(f"{key[1]}={value}")
    loose = line[: keys[0].start() if keys else len(line)].strip()
    if loose:
        further.append(loose)
    if further:
        record["AdditionalExtensions"] = ";".join(further)
    if not record["TimeGenerated"]:
        times = (read_time(record.get(name), year=now.year) for name in ("ReceiptTime", "EndTime", "StartTime"))
        record["TimeGenerated"] = next((time for time in times if time), None)
    return record


def _fits(name: str, value: str) -> bool:
    if name in _NUMBERS:
        return re.fullmatch(r"[0-9]{1,11}", value) is not None and int(value) < 1 << 31
    if name in _LONG_NUMBERS:
        return re.fullmatch(r"[0-9]{1,18}", value) is not None
    if name in _REALS:
        return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return name not in _TIMES or read_time(value) is not None


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "r": "\r"}.get(match[1], match[1])
