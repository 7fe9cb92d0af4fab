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
const SMALL_PARTS: Record<string, number> = { spark: 140, composite: 140, timeline: 180, bar: 130 };

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
  const natural = table.columns.map((column, at) => naturalWidth(table, column, at, available));
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
    return fixed ? { ...definition, width } : { ...definition, minWidth: width, widthGrow: width };
  });
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
  for (let row = 0; row < table.ids.length; row += step) {
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
