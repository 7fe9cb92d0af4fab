/** The panel with everything a cell or a row holds, beside the page; closed by Escape, its button or a click outside. */
import { Table, text } from "./data";
import { el } from "./dom";

export function showCell(table: Table, row: number, column: number, root: HTMLElement): void {
  open(root, table.columns[column]!.title, [block(text(table, row, column))]);
}

export function showRow(table: Table, row: number, root: HTMLElement): void {
  const list = el("dl", "wb-grid-fields");
  table.columns.forEach((column, at) => {
    list.append(el("dt", "", column.title), el("dd", "", block(text(table, row, at))));
  });
  open(root, "Row details", [list]);
}

/** Text as it is; JSON indented. */
function block(shown: string): HTMLElement {
  return el("pre", "wb-grid-block", indented(shown) || "(empty)");
}

function indented(shown: string): string {
  if (!/^\s*[[{]/.test(shown)) return shown;
  try {
    return JSON.stringify(JSON.parse(shown), null, 2);
  } catch {
    return shown;
  }
}

function open(root: HTMLElement, title: string, content: Node[]): void {
  const dialog = document.createElement("dialog");
  dialog.className = "wb-grid-details";
  dialog.setAttribute("aria-label", title);
  const close = el("button", "wb-grid-close", "Close") as HTMLButtonElement;
  close.type = "button";
  close.addEventListener("click", () => dialog.close());
  dialog.append(el("header", "", el("h2", "", title), close), ...content);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  });
  root.append(dialog);
  dialog.showModal();
}
