/**
 * The keyboard in a grid, by the ARIA grid pattern with one tab stop: arrows move the active cell, Home and End go to
 * the ends of the row (with Ctrl of the table), Page keys ten rows; Enter follows a cell's link or else selects the row,
 * Space selects, Escape clears the selection; in the header Enter sorts; Left and Right fold a tree; Ctrl+C copies.
 */
import type { ColumnComponent, RowComponent, Tabulator } from "tabulator-tables";

export type Actions = {
  toggle: (row: RowComponent) => void;
  clear: () => boolean;
  copy: (row: RowComponent, column: ColumnComponent) => void;
  isGroup: (column: ColumnComponent) => boolean;
  isFolded: (row: RowComponent) => boolean | null;
};

const PAGE = 10;
let grids = 0;

export class Keyboard {
  private row: RowComponent | null = null;
  private column = 0;
  private inHeader = false;
  private marked: HTMLElement | null = null;
  private readonly id = `wb-grid-${++grids}-active`;

  constructor(private readonly table: Tabulator, private readonly root: HTMLElement, private readonly actions: Actions) {
    root.tabIndex = 0;
    root.querySelectorAll<HTMLElement>(".tabulator-tableholder, .tabulator-col").forEach((part) => (part.tabIndex = -1));
    // The scrolled part is focusable for Tabulator, so it must be a part that a grid may have.
    root.removeAttribute("aria-owns");
    root.querySelector(".tabulator-tableholder")?.setAttribute("role", "rowgroup");
    root.querySelector(".tabulator-table")?.setAttribute("role", "presentation");
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("focus", () => this.show());
    root.addEventListener("blur", () => this.marked?.classList.remove("wb-grid-active"));
    table.on("cellClick", (_event, cell) => {
      this.row = cell.getRow();
      this.inHeader = false;
      this.column = Math.max(0, this.columns().findIndex((column) => column.getField() === cell.getField()));
      root.focus({ preventScroll: true });
      this.mark();
    });
    table.on("dataSorted", () => this.mark());
    table.on("dataFiltered", () => (this.row = null));
  }

  private columns(): ColumnComponent[] {
    return this.table.getColumns().filter((column) => column.isVisible());
  }

  private first(): RowComponent | null {
    return this.table.getRows("active")[0] ?? null;
  }

  private last(): RowComponent | null {
    const rows = this.table.getRows("active");
    let row: RowComponent | false = rows[rows.length - 1] ?? false;
    for (let next = row; next; next = next.getNextRow()) row = next;
    return row || null;
  }

  private key(event: KeyboardEvent): void {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLDialogElement || event.altKey) return;
    if ((event.target as HTMLElement).closest("dialog")) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key.toLowerCase() === "c" && !String(window.getSelection() ?? "")) {
      const column = this.columns()[this.column];
      if (this.row && column) this.actions.copy(this.row, column);
      event.preventDefault();
      return;
    }
    if (control && event.key !== "Home" && event.key !== "End") return;
    if (this.act(event.key, control)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private act(key: string, control: boolean): boolean {
    const columns = this.columns();
    this.row ??= this.inHeader ? null : this.first();
    switch (key) {
      case "ArrowDown": return this.down(1);
      case "ArrowUp": return this.up(1);
      case "PageDown": return this.down(PAGE);
      case "PageUp": return this.up(PAGE);
      case "ArrowRight": return this.fold(false) || this.sideways(this.column + 1, columns);
      case "ArrowLeft": return this.fold(true) || this.sideways(this.column - 1, columns);
      case "Home":
        if (control) this.row = this.first();
        return this.sideways(0, columns);
      case "End":
        if (control) this.row = this.last();
        return this.sideways(columns.length - 1, columns);
      case "Enter": return this.enter(columns);
      case " ":
        if (this.row && !this.inHeader) this.actions.toggle(this.row);
        return true;
      case "Escape": return this.actions.clear();
      default: return false;
    }
  }

  private down(steps: number): boolean {
    if (this.inHeader) {
      this.inHeader = false;
      this.row = this.first();
      steps -= 1;
    }
    for (; steps > 0 && this.row; steps--) this.row = this.row.getNextRow() || this.row;
    this.show();
    return true;
  }

  private up(steps: number): boolean {
    for (; steps > 0 && this.row; steps--) {
      const above = this.row.getPrevRow();
      if (!above && steps === 1) this.inHeader = true;
      if (!above) break;
      this.row = above;
    }
    this.show();
    return true;
  }

  private sideways(to: number, columns: ColumnComponent[]): boolean {
    this.column = Math.max(0, Math.min(columns.length - 1, to));
    this.show();
    return true;
  }

  private fold(close: boolean): boolean {
    const column = this.columns()[this.column];
    if (!this.row || this.inHeader || !column || !this.actions.isGroup(column)) return false;
    const folded = this.actions.isFolded(this.row);
    if (folded === null || folded === close) return false;
    if (close) this.row.treeCollapse();
    else this.row.treeExpand();
    this.show();
    return true;
  }

  private enter(columns: ColumnComponent[]): boolean {
    const column = columns[this.column];
    if (!column) return false;
    if (this.inHeader) {
      column.getElement().click();
      return true;
    }
    if (!this.row) return false;
    const link = this.row.getCell(column).getElement().querySelector<HTMLElement>("a.wb-grid-link, button.wb-grid-link");
    if (link) link.click();
    else this.actions.toggle(this.row);
    return true;
  }

  /** Brings the active cell into view and marks it. */
  private show(): void {
    const column = this.columns()[this.column];
    if (!column) return;
    this.row ??= this.inHeader ? null : this.first();
    if (this.inHeader || !this.row) {
      this.mark();
      return;
    }
    const row = this.row;
    // Both reject where the part is in view already or the table is being rebuilt, which is no failure.
    void row.scrollTo("nearest", false).catch(() => undefined).then(() => this.mark());
    void column.scrollTo(undefined, false).catch(() => undefined);
  }

  private mark(): void {
    this.marked?.classList.remove("wb-grid-active");
    this.marked?.removeAttribute("id");
    const column = this.columns()[this.column];
    this.marked = null;
    if (!column) return;
    if (this.inHeader) this.marked = column.getElement();
    else if (this.row) this.marked = this.row.getCell(column)?.getElement() ?? null;
    if (!this.marked) return;
    this.marked.id = this.id;
    this.root.setAttribute("aria-activedescendant", this.id);
    if (document.activeElement === this.root) this.marked.classList.add("wb-grid-active");
  }
}
