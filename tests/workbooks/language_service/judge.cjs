// Judges KQL with Microsoft's language service: reads {tables, queries: [[id, text]]} as JSON on stdin, writes [[id, message, offset]] of all errors.
"use strict";
const path = "@kusto/language-service-next/";
require(path + "bridge.min.js");
require(path + "Kusto.Language.Bridge.min.js");
const { Kusto } = globalThis;
const S = Kusto.Language.Symbols;
const types = { string: "String", datetime: "DateTime", int: "Int", long: "Long", real: "Real", bool: "Bool", dynamic: "Dynamic", guid: "Guid", timespan: "TimeSpan", decimal: "Decimal" };
const { tables, queries } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const symbols = Object.entries(tables).map(([name, columns]) => new S.TableSymbol.$ctor4(name, Object.entries(columns).map(([column, type]) => new S.ColumnSymbol(column, S.ScalarTypes[types[type] || "String"], null, null, null, null))));
const database = new S.DatabaseSymbol.$ctor3("workspace", null, symbols, false);
const globals = Kusto.Language.GlobalState.Default.WithDatabase(database);
const wrong = [];
for (const [id, text] of queries) {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(text, globals);
  const found = code.GetDiagnostics();
  for (let i = 0; i < found.Count; i++) {
    const one = found.getItem(i);
    if (one.Severity === "Error") wrong.push([id, one.Message, one.Start]);
  }
}
process.stdout.write(JSON.stringify(wrong));
