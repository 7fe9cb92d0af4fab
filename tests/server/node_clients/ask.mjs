// Asks the query API through Microsoft's Kusto client for Node.js: `node ask.mjs ADDRESS TOKEN`, queries as a JSON list on stdin.
import { text } from "node:stream/consumers";
import { Client, ClientRequestProperties, KustoConnectionStringBuilder } from "azure-kusto-data";

const [address, token] = process.argv.slice(2);
const queries = JSON.parse(await text(process.stdin));
const kusto = new Client(KustoConnectionStringBuilder.withAccessToken(address, token));
const told = { second: [], first: [] };

function rows(response) {
  const table = response.primaryResults[0];
  return { columns: table.columns.map((each) => [each.name, each.type]), rows: [...table.rows()].map((row) => [...row.values()]) };
}

for (const query of queries) {
  told.second.push(rows(await kusto.execute("logs", query)));
  told.first.push(rows(await kusto.executeQueryV1("logs", query)));
}
const properties = new ClientRequestProperties();
properties.setParameter("n", 3);
told.parameter = rows(await kusto.execute("logs", "declare query_parameters(n: long = 1); range x from 1 to n step 1", properties));
told.databases = rows(await kusto.executeMgmt("logs", ".show databases"));
told.refused = await kusto.execute("logs", "print a = ").catch((error) => String(error.message ?? error));
console.log(JSON.stringify(told, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
