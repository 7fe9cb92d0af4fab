/** Tables with their columns beside the editor, and the list of tables of the data page. */
import { h, icon } from "./dom";

export type SchemaTable = { name: string; rows: string; columns: [string, string][] };
export type TableRow = { name: string; rows: string; first: string; last: string; columns: number; selected: boolean };

/** Draws the tables as a tree; a click on a name puts it into the editor. */
export function drawSchema(root: HTMLElement, data: { tables: SchemaTable[]; empty: SchemaTable[] }): void {
  const kept = root.querySelector<HTMLInputElement>(".wb-search")?.value ?? "";
  const search = h("input", { type: "search", class: "wb-search", placeholder: "Search tables and columns", "aria-label": "Search tables and columns", value: kept, "data-focus": "search" }) as HTMLInputElement;
  const list = h("div", { class: "wb-schema-list" });
  const draw = () => {
    const word = search.value.trim().toLowerCase();
    const part = (title: string, tables: SchemaTable[]) => {
      const hits = tables.filter((table) => !word || table.name.toLowerCase().includes(word) || table.columns.some(([name]) => name.toLowerCase().includes(word)));
      if (!hits.length) return null;
      return h("div", {}, h("div", { class: "wb-option-group" }, title), ...hits.slice(0, 300).map((table) => entry(table, word)));
    };
    list.replaceChildren(...[part("With rows", data.tables), part("Without rows", word ? data.empty : data.empty.slice(0, 40))].filter((node): node is HTMLElement => node !== null));
    if (!list.children.length) list.append(h("div", { class: "wb-option-none" }, "Nothing matches."));
  };
  search.addEventListener("input", draw);
  draw();
  root.replaceChildren(h("aside", { class: "wb-schema", "aria-label": "Tables" }, h("div", { class: "wb-search-box" }, icon("search"), search), list));
}

function insert(text: string): void {
  document.dispatchEvent(new CustomEvent("watchbook-insert", { detail: text }));
}

function entry(table: SchemaTable, word: string): HTMLElement {
  const columns = h("div", { class: "wb-columns" });
  const fill = () => {
    if (columns.children.length) return;
    for (const [name, kind] of table.columns)
      columns.append(h("button", { type: "button", class: "wb-column", title: `Insert ${name}`, onclick: () => insert(name) }, name, h("span", { class: "wb-kind" }, kind)));
  };
  const details = h("details", { class: "wb-table", ontoggle: fill },
    h("summary", {}, h("span", { class: "wb-table-name", title: table.name }, table.name), h("span", { class: "wb-kind" }, table.rows)), columns) as HTMLDetailsElement;
  if (word.length > 2 && !table.name.toLowerCase().includes(word)) {
    details.open = true;
    fill();
  }
  const put = h("button", { type: "button", class: "wb-insert", title: `Insert ${table.name}`, "aria-label": `Insert ${table.name}`, onclick: () => insert(table.name) }, "+");
  return h("div", { class: "wb-table-entry" }, details, put);
}

/** Draws the tables with their rows and times; `open` gets the name of the table taken. */
export function drawTables(root: HTMLElement, data: { tables: TableRow[]; empty: string[]; utc: boolean }, open: (name: string) => void): void {
  const kept = root.querySelector<HTMLInputElement>(".wb-search")?.value ?? "";
  const search = h("input", { type: "search", class: "wb-search", placeholder: "Search tables", "aria-label": "Search tables", value: kept, "data-focus": "search" }) as HTMLInputElement;
  const body = h("tbody");
  const rest = h("div", { class: "wb-empty-tables" });
  const draw = () => {
    const word = search.value.trim().toLowerCase();
    body.replaceChildren(...data.tables.filter((table) => table.name.toLowerCase().includes(word)).map((table) => h("tr", { class: table.selected ? "is-selected" : "" },
      h("td", {}, h("button", { type: "button", class: "wb-link", "aria-pressed": String(table.selected), "data-focus": `table/${table.name}`, onclick: () => open(table.name) }, table.name)),
      h("td", { class: "is-number" }, table.rows), h("td", {}, table.last), h("td", {}, table.first), h("td", { class: "is-number" }, String(table.columns)))));
    const names = data.empty.filter((name) => name.toLowerCase().includes(word));
    rest.replaceChildren(...names.slice(0, 400).map((name) => h("button", { type: "button", class: "wb-tag", onclick: () => open(name) }, name)));
    if (names.length > 400) rest.append(h("span", { class: "wb-note" }, `and ${names.length - 400} more: search to narrow`));
  };
  search.addEventListener("input", draw);
  draw();
  const zone = data.utc ? "UTC" : "local time";
  root.replaceChildren(h("div", { class: "wb-tables" },
    h("div", { class: "wb-search-box" }, icon("search"), search),
    h("div", { class: "wb-table-scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ...["Table", "Rows", `Newest row (${zone})`, `Oldest row (${zone})`, "Columns"].map((head, at) => h("th", { scope: "col", class: at === 1 || at === 4 ? "is-number" : "" }, head)))), body)),
    data.empty.length ? h("details", { class: "wb-empty", open: data.tables.length === 0 }, h("summary", {}, `${data.empty.length} known tables without rows`), rest) : null));
}
