"""The few management commands of Kusto that clients send to find their way: what there is, never a change."""

from __future__ import annotations

import json
import re

from dashboard import __version__
from dashboard.engines.protocol import Engine
from dashboard.server.api_errors import ApiError
from dashboard.table import KqlType, Table, table_from_rows

_NAME = r"(?:\[\s*(?:'([^']*)'|\"([^\"]*)\")\s*\]|([\w.-]+))"
_DATABASE_SCHEMA = re.compile(rf"\.show\s+database(?:s|\s+{_NAME})?\s+schema(\s+as\s+json)?", re.IGNORECASE)
_TABLE_SCHEMA = re.compile(rf"\.show\s+table\s+{_NAME}\s+(?:(cslschema)|schema\s+as\s+json)", re.IGNORECASE)
_PLAIN = re.compile(r"\.show\s+(version|databases|tables)", re.IGNORECASE)
_CLR = {
    "string": "System.String", "datetime": "System.DateTime", "int": "System.Int32", "long": "System.Int64",
    "real": "System.Double", "bool": "System.SByte", "dynamic": "System.Object", "guid": "System.Guid",
    "timespan": "System.TimeSpan", "decimal": "System.Data.SqlTypes.SqlDecimal",
}  # fmt: skip
Columns = list[tuple[str, KqlType]]


def run_command(text: str, database: str, engine: Engine) -> Table:
    """The answer of a management command. Raises ApiError for any that is not among the known ones."""
    text = text.strip().rstrip(";").rstrip()
    plain = _PLAIN.fullmatch(text)
    if plain:
        return {"version": _version, "databases": _databases, "tables": _tables}[plain[1].lower()](database, engine)
    schema = _DATABASE_SCHEMA.fullmatch(text)
    if schema:
        name = next((part for part in schema.group(1, 2, 3) if part), database)
        return _schema_json(name, engine) if schema[4] else _schema_rows(name, engine)
    table = _TABLE_SCHEMA.fullmatch(text)
    if table:
        wanted = next(part for part in table.group(1, 2, 3) if part)
        return _table_schema(wanted, bool(table[4]), database, engine)
    known = ".show version, .show databases, .show tables, .show database schema, .show databases schema, .show table NAME cslschema"
    sentence = f"This command is not answered here; the commands known are {known}."
    raise ApiError(
        400, "BadArgumentError", sentence, inner=[("CommandError", "Bad command"), ("General_BadRequest", sentence)]
    )


def _version(database: str, engine: Engine) -> Table:
    heads: Columns = [
        ("BuildVersion", "string"), ("BuildTime", "datetime"), ("ServiceType", "string"), ("ProductVersion", "string"),
    ]  # fmt: skip
    return table_from_rows(heads, [(__version__, None, "Engine", f"Watchbook {__version__}")])


def _databases(database: str, engine: Engine) -> Table:
    heads: Columns = [
        ("DatabaseName", "string"), ("PersistentStorage", "string"), ("Version", "string"), ("IsCurrent", "bool"),
        ("DatabaseAccessMode", "string"), ("PrettyName", "string"), ("CurrentUserIsUnrestrictedViewer", "bool"),
        ("DatabaseId", "guid"),
    ]  # fmt: skip
    nil = "00000000-0000-0000-0000-000000000000"
    return table_from_rows(heads, [(database, "", "v1.0", True, "ReadOnly", engine.label, False, nil)])


def _tables(database: str, engine: Engine) -> Table:
    heads: Columns = [
        ("TableName", "string"),
        ("DatabaseName", "string"),
        ("Folder", "string"),
        ("DocString", "string"),
    ]
    return table_from_rows(heads, [(table.name, database, "", "") for table in engine.tables()])


def _schema_rows(database: str, engine: Engine) -> Table:
    heads: Columns = [
        ("DatabaseName", "string"), ("TableName", "string"), ("ColumnName", "string"), ("ColumnType", "string"),
        ("IsDefaultTable", "bool"), ("IsDefaultColumn", "bool"), ("PrettyName", "string"), ("Version", "string"),
        ("Folder", "string"), ("DocString", "string"),
    ]  # fmt: skip
    rows = [(database, "", "", "", False, False, "", "v1.0", "", "")]
    for table in engine.tables():
        rows.append((database, table.name, "", "", False, False, "", "", "", ""))
        rows += [(database, table.name, name, _CLR[kind], False, False, "", "", "", "") for name, kind in table.columns]
    return table_from_rows(heads, rows)


def _columns_json(columns: tuple[tuple[str, KqlType], ...]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": _CLR[kind], "CslType": kind} for name, kind in columns]


def _schema_json(database: str, engine: Engine) -> Table:
    tables = {
        table.name: {"Name": table.name, "EntityType": "Table", "OrderedColumns": _columns_json(table.columns)}
        for table in engine.tables()
    }
    known = {"Name": database, "Tables": tables, "MajorVersion": 1, "MinorVersion": 0, "Functions": {}}
    return table_from_rows([("DatabaseSchema", "string")], [(json.dumps({"Databases": {database: known}}),)])


def _table_schema(name: str, short: bool, database: str, engine: Engine) -> Table:
    table = next((table for table in engine.tables() if table.name == name), None)
    if table is None:
        said = f"Entity ID '{name}' of kind 'Table' was not found."
        raise ApiError(400, "BadArgumentError", said, inner=[("CommandError", "Bad command"), ("EntityNotFound", said)])
    schema = ",".join(f"{column}:{kind}" for column, kind in table.columns)
    if not short:
        schema = json.dumps({"Name": name, "OrderedColumns": _columns_json(table.columns)})
    heads: Columns = [
        ("TableName", "string"), ("Schema", "string"), ("DatabaseName", "string"), ("Folder", "string"), ("DocString", "string"),
    ]  # fmt: skip
    return table_from_rows(heads, [(name, schema, database, "", "")])
