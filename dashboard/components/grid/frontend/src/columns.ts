/** Columns as the table widget takes them: natural widths from the texts, sorting by value, headers as text. */
import type { CellComponent, ColumnDefinition, RowComponent } from "tabulator-tables";
import { drawCell, Follow } from "./cells";
import { Column, Row, Table, text, Value } from "./data";
import { el } from "./dom";

const SAMPLE = 200;
const CHARACTER = 7.2;
const BOLD = 7.6;
const HEADER = 44;
const LEAST = 56;
const MOST = 420;
/** What a column keeps where columns do not fit. */
const ROOM = 130;
const WHOLE = new Set(["date", "number"]);
const SMALL_PARTS: Record<string, number> = { spark: 140, composite: 140, timeline: 180, bar: 130 };
/** The same where columns do not fit. */
const SQUEEZED: Record<string, number> = { spark: 90, composite: 90, timeline: 120, bar: 130 };

const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Compares sort values: numbers before texts, and what is missing last whichever way the sort goes. */
export function compare(one: Value | undefined, two: Value | undefined, direction: "asc" | "desc"): number {
  const missingOne = one === null || one === undefined || one === "";
  const missingTwo = two === null || two === undefined || two === "";
  if (missingOne || missingTwo) {
    const last = direction === "asc" ? 1 : -1;
    return missingOne === missingTwo ? 0 : missingOne ? last : -last;
  }
  if (typeof one !== "string" && typeof two !== "string") return Number(one) - Number(two);
  if (typeof one !== typeof two) return typeof one === "string" ? 1 : -1;
  return order.compare(String(one), String(two));
}

export function columnDefinitions(table: Table, available: number, follow: Follow): ColumnDefinition[] {
  const natural = fit(table, table.columns.map((column, at) => naturalWidth(table, column, at, available)), available);
  return table.columns.map((column, at) => {
    const [width, fixed] = natural[at]!;
    const definition: ColumnDefinition = {
      title: column.title,
      field: `c${at}`,
      visible: column.visible,
      hozAlign: column.align,
      headerHozAlign: column.align,
      minWidth: Math.min(width, LEAST),
      sorter: (one, two, _a, _b, _column, direction) => compare(one as Value, two as Value, direction as "asc" | "desc"),
      titleFormatter: (_cell, _parameters, onRendered) => {
        const title = el("span", "wb-grid-title", column.title);
        onRendered(() => {
          const header = title.closest<HTMLElement>(".tabulator-col");
          if (header) {
            header.title = column.tooltip || column.title;
            header.setAttribute("aria-colindex", String(at + 1));
          }
        });
        return title;
      },
      formatter: (cell: CellComponent) => {
        const element = cell.getElement();
        element.setAttribute("aria-colindex", String(at + 1));
        return drawCell(table, (cell.getData() as Row).n, at, element, follow) as HTMLElement;
      },
    };
    // Tabulator shares out whole pixels a unit of growth: small units, or the last column takes nearly all the room that is left.
    return fixed ? { ...definition, width } : { ...definition, minWidth: width, widthGrow: width / 1000 };
  });
}

/** Makes room: where the columns would not fit, those that are wider than they must be give way, the widest most. */
function fit(table: Table, natural: [number, boolean][], available: number): [number, boolean][] {
  const shown = natural.filter((_, at) => table.columns[at]!.visible);
  const over = shown.reduce((sum, [width]) => sum + width, 0) + 18 - available;
  const least = (at: number) => Math.min(natural[at]![0], Math.max(SQUEEZED[table.columns[at]!.kind] ?? ROOM, table.columns[at]!.title.length * BOLD + HEADER));
  const spare = natural.map(([width, fixed], at) => (table.columns[at]!.visible && !fixed && !WHOLE.has(table.columns[at]!.kind) ? width - least(at) : 0));
  const total = spare.reduce((sum, one) => sum + one, 0);
  // Where even that is not enough the reader scrolls, and then texts may as well be whole.
  if (over <= 0 || over > total) return natural;
  const share = over / total;
  return natural.map(([width, fixed], at) => [Math.floor(width - spare[at]! * share), fixed]);
}

/** A column's width in pixels, and whether it was asked for (then it does not grow). */
function naturalWidth(table: Table, column: Column, at: number, available: number): [number, boolean] {
  const longest = longestText(table, column, at);
  const asked = /^([\d.]+)(ch|px|%|fr|em|rem)?$/.exec(column.width.trim());
  if (asked) {
    const size = Number(asked[1]);
    const unit = asked[2] ?? "px";
    if (unit === "px") return [Math.max(32, size), true];
    if (unit === "ch") return [Math.max(32, size * CHARACTER + 20), true];
    if (unit === "em" || unit === "rem") return [Math.max(32, size * 14), true];
    if (unit === "%") return [Math.max(48, (size / 100) * available), true];
    return [Math.max(48, size * 100), false];
  }
  const header = column.title.length * BOLD + HEADER;
  const body = longest * CHARACTER + 24 + (column.kind === "bar" && !column.options.under ? 80 : 0);
  const most = Math.min(MOST, Math.max(160, available * 0.6));
  return [Math.round(Math.min(most, Math.max(LEAST, header, body, SMALL_PARTS[column.kind] ?? 0))), false];
}

/** The most characters that a cell of the column needs; the text alone is noted in `column.longest`. */
function longestText(table: Table, column: Column, at: number): number {
  const step = Math.max(1, Math.floor(table.ids.length / SAMPLE));
  let longest = 0;
  let plain = 0;
  const opens = table.depths ? new Set(table.opens) : null;
  let folded = Infinity;
  for (let row = 0; row < table.ids.length; row += opens ? 1 : step) {
    if (opens) {
      // Rows inside a closed branch do not count: they would make room that nobody sees used.
      const depth = table.depths![row]!;
      if (depth > folded) continue;
      folded = opens.has(row) ? Infinity : depth;
    }
    const cells = table.cells[at]!;
    const more = cells.x?.[row];
    const tags = more?.tags ? more.tags.reduce((sum, tag) => sum + tag.length + 3, 0) : 0;
    const indent = column.group && table.depths ? 3 * table.depths[row]! + 3 : 0;
    plain = Math.max(plain, text(table, row, at).length);
    longest = Math.max(longest, (tags || text(table, row, at).length) + (more?.icon ? 3 : 0) + indent);
  }
  column.longest = plain;
  return longest;
}

/** Marks a row for assistive technology with its place among all rows. */
export function markRow(table: Table, row: RowComponent): void {
  const { n } = row.getData() as Row;
  const element = row.getElement();
  element.setAttribute("aria-rowindex", String((row.getPosition() || n + 1) + 1));
  if (table.selectable !== "none") element.setAttribute("aria-selected", String(row.isSelected()));
  if (table.depths) element.setAttribute("aria-level", String(table.depths[n]! + 1));
}
