/** Cells to the clipboard: one cell as it is, rows as tab-separated text with their headers. */
import { Table, text } from "./data";

/** Rows as tab-separated lines. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function lines(table: Table, rows: number[]): string {
  const shown = table.columns.map((column, at) => ({ column, at })).filter(({ column }) => column.visible);
  const head = shown.map(({ column }) => safe(column.title));
  const body = rows.map((n) => shown.map(({ at }) => safe(text(table, n, at))).join("\t"));
  return [head.join("\t"), ...body].join("\n");
}

function safe(value: string): string {
  const flat = value.replace(/[\t\r\n]+/g, " ");
  return /^[=+@-]/.test(flat) && !/^[+-]?[\d.,\s]+%?$/.test(flat) ? `'${flat}` : flat;
}

export async function toClipboard(content: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(content);
    return true;
  } catch {
    // Beyond loopback without TLS the clipboard interface is off; a copied selection still works there.
    const area = document.createElement("textarea");
    area.value = content;
    area.className = "wb-grid-offscreen";
    document.body.append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    return done;
  }
}
