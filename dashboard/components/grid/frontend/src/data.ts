/** What Python sends (encode.py): the table by columns, inflated here. */

export type Link =
  | { kind: "url"; href: string }
  | { kind: "cell" }
  | { kind: "row" }
  | { kind: "inert"; why?: string }
  | { kind: string; [more: string]: unknown };

export type Part = { share: number; color: string; label?: string };

/** What a cell may have beside its value and its text. */
export type Extras = {
  icon?: string;
  bg?: string;
  fg?: string;
  tip?: string;
  tags?: string[];
  bar?: { share: number; color: string };
  values?: (number | null)[];
  bounds?: (number | null)[];
  color?: string;
  parts?: Part[];
  span?: { start: number; width: number; color: string };
  link?: Link;
};

export type Value = string | number | boolean | null;

export type Column = {
  field: string;
  title: string;
  kind: string;
  align: "left" | "right" | "center";
  width: string;
  visible: boolean;
  tooltip: string;
  options: { under?: boolean; style?: "line" | "bar" | "area" };
  group: boolean;
  /** The length of its longest text, found when the widths are. */
  longest?: number;
};

export type Table = {
  columns: Column[];
  ids: number[];
  depths: number[] | null;
  opens: number[];
  cells: { v: Value[]; t?: (string | null)[]; x?: (Extras | null)[] }[];
  icons: Record<string, string>;
  height: number;
  filter: boolean;
  foldAll?: boolean;
  sort: [string, "asc" | "desc"][];
  selectable: "none" | "one" | "many";
  selected: number[];
  label: string;
};

/** Row data as the table widget holds it: `n` is the row's place in the arrays, `c0` … the sort values. */
export type Row = { n: number; _children?: Row[] } & Record<string, unknown>;

const NOTHING: Extras = {};

export async function decode(bytes: Uint8Array): Promise<Table> {
  const inflated = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(inflated).text()) as Table;
}

/** The text of a cell, as it is drawn, searched, announced and copied. */
export function text(table: Table, row: number, column: number): string {
  const cells = table.cells[column]!;
  const own = cells.t?.[row];
  if (own !== null && own !== undefined) return own;
  const value = cells.v[row];
  return value === null || value === undefined ? "" : String(value);
}

export function extras(table: Table, row: number, column: number): Extras {
  return table.cells[column]!.x?.[row] ?? NOTHING;
}

/** The rows as objects, nested where the table is a tree. */
export function rowObjects(table: Table): Row[] {
  const top: Row[] = [];
  const path: Row[] = [];
  for (let n = 0; n < table.ids.length; n++) {
    const row: Row = { n };
    for (let c = 0; c < table.cells.length; c++) row[`c${c}`] = table.cells[c]!.v[n];
    const depth = table.depths ? table.depths[n]! : 0;
    if (depth === 0) top.push(row);
    else (path[depth - 1]!._children ??= []).push(row);
    path[depth] = row;
  }
  return top;
}

/** For each row of a tree its parent's place, -1 at the top; null for a table without a tree. */
export function parents(table: Table): Int32Array | null {
  if (!table.depths) return null;
  const found = new Int32Array(table.depths.length).fill(-1);
  const path: number[] = [];
  table.depths.forEach((depth, n) => {
    if (depth > 0) found[n] = path[depth - 1]!;
    path[depth] = n;
  });
  return found;
}
