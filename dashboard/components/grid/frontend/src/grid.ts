/** One grid on the page: the table widget, its search box, selection and status line. */
import {
  DataTreeModule, FilterModule, FormatModule, InteractionModule, ResizeColumnsModule, SelectRowModule, SortModule,
  Tabulator,
} from "tabulator-tables";
import type { ColumnComponent, RowComponent } from "tabulator-tables";
import { columnDefinitions, markRow } from "./columns";
import { lines, toClipboard } from "./copy";
import { Link, Row, rowObjects, Table, text } from "./data";
import { showCell, showRow } from "./details";
import { el } from "./dom";
import { Keyboard } from "./keyboard";
import { Search } from "./search";

Tabulator.registerModule([
  DataTreeModule, FilterModule, FormatModule, InteractionModule, ResizeColumnsModule, SelectRowModule, SortModule,
]);

export type Report = {
  select: (ids: number[]) => void;
  event: (value: { row: number; field: string; link: Link }) => void;
  built: () => void;
};

/** What a reader set that outlives new rows. */
export type Kept = { query: string; sort: { column: string; dir: "asc" | "desc" }[]; top: number };

const SEARCH_PAUSE = 150;

export class Grid {
  private readonly widget: Tabulator;
  private readonly search: Search;
  private readonly box: HTMLInputElement | null;
  private readonly status = el("div", "wb-grid-status");
  private readonly holder = el("div", "wb-grid-table");
  private readonly empty = el("span", "wb-grid-empty", "No rows.");
  // The widget's own watch also makes all rows anew when they are first seen: under a pointer, if it was a click that scrolled.
  private readonly sizes = new ResizeObserver(() => this.resized());
  private width = 0;
  private found: number;
  private built = false;
  private quiet = false;

  constructor(private readonly root: HTMLElement, private readonly table: Table, height: number, private readonly report: Report, kept?: Kept) {
    this.search = new Search(table);
    this.found = table.ids.length;
    this.box = table.filter ? this.searchBox(kept?.query ?? "") : null;
    this.status.setAttribute("role", "status");
    const head = [...(this.box ? [this.box] : []), ...(table.depths && table.foldAll ? this.folders() : [])];
    // Details that are open stay so: a reader is in them.
    for (const old of [...root.children]) if (!(old instanceof HTMLDialogElement)) old.remove();
    root.prepend(...(head.length ? [el("div", "wb-grid-search", ...head)] : []), this.holder, this.status);
    const top = (head.length ? 40 : 0) + (this.needsStatus() ? 24 : 0);
    const tree = table.depths !== null;
    const group = Math.max(0, table.columns.findIndex((column) => column.group));
    const opens = new Set(table.opens);
    this.widget = new Tabulator(this.holder, {
      data: rowObjects(table),
      columns: columnDefinitions(table, root.clientWidth || 800, (row, column, link) => this.follow(row, column, link)),
      layout: "fitColumns",
      maxHeight: Math.max(120, height - top),
      index: "n",
      nestedFieldSeparator: false,
      placeholder: this.empty as unknown as string,
      columnHeaderSortMulti: true,
      initialSort: this.initialSort(kept),
      rowFormatter: (row) => markRow(table, row),
      selectableRows: table.selectable === "one" ? 1 : table.selectable === "many",
      selectableRowsCheck: (row) => table.ids[(row.getData() as Row).n]! >= 0,
      dataTree: tree,
      dataTreeElementColumn: `c${group}`,
      dataTreeBranchElement: false,
      dataTreeChildIndent: 16,
      dataTreeExpandElement: el("span", "wb-grid-fold") as unknown as string,
      dataTreeCollapseElement: el("span", "wb-grid-fold wb-grid-unfolded") as unknown as string,
      dataTreeStartExpanded: tree ? (row: RowComponent) => opens.has((row.getData() as Row).n) : false,
    } as ConstructorParameters<typeof Tabulator>[1]);
    this.widget.on("tableBuilt", () => this.ready(kept));
    this.widget.on("rowSelected", (row) => row.getElement().setAttribute("aria-selected", "true"));
    this.widget.on("rowDeselected", (row) => row.getElement().setAttribute("aria-selected", "false"));
    this.widget.on("rowSelectionChanged", () => this.selectionChanged());
    this.widget.on("rowClick", (_event, row) => {
      if (tree && table.ids[(row.getData() as Row).n]! < 0) row.treeToggle();
    });
  }

  /** What to carry over to the grid that takes this one's place. */
  keep(): Kept {
    const sort = this.built ? this.widget.getSorters().map(({ field, dir }) => ({ column: field, dir })) : [];
    const holder = this.holder.querySelector(".tabulator-tableholder");
    return { query: this.box?.value ?? "", sort, top: holder?.scrollTop ?? 0 };
  }

  /** Selects exactly the rows with these ids, as Python asks, without reporting it back. */
  select(ids: number[]): void {
    if (!this.built) return;
    const wanted = new Set(ids);
    const now = this.selected();
    if (now.length === wanted.size && now.every((id) => wanted.has(id))) return;
    this.quiet = true;
    this.widget.deselectRow();
    if (wanted.size) this.allRows().filter((row) => wanted.has(this.id(row))).forEach((row) => row.select());
    this.quiet = false;
    this.tell();
  }

  selected(): number[] {
    return this.built ? this.widget.getSelectedRows().map((row) => this.id(row)) : [];
  }

  /** The ids of the rows that the filter leaves, as they are sorted; null for a tree, whose rows are not the table's. */
  shown(): number[] | null {
    return this.built && !this.table.depths ? this.widget.getRows("active").map((row) => this.id(row)) : null;
  }

  destroy(): void {
    this.sizes.disconnect();
    this.widget.destroy();
  }

  private resized(): void {
    const { clientWidth } = this.holder;
    if (!clientWidth || clientWidth === this.width) return;
    this.width = clientWidth;
    this.widget.redraw();
  }

  private ready(kept?: Kept): void {
    this.built = true;
    const { holder, table } = this;
    holder.setAttribute("aria-label", table.label || "Table");
    holder.setAttribute("aria-rowcount", String(table.ids.length + 1));
    holder.setAttribute("aria-colcount", String(table.columns.length));
    if (table.selectable === "many") holder.setAttribute("aria-multiselectable", "true");
    if (table.depths) holder.setAttribute("role", "treegrid");
    new Keyboard(this.widget, holder, {
      toggle: (row) => this.toggle(row),
      clear: () => this.clear(),
      copy: (row, column) => void this.copy(row, column),
      isGroup: (column) => table.depths !== null && Boolean(table.columns[this.at(column)]?.group),
      isFolded: (row) => ((row.getData() as Row)._children ? !row.isTreeExpanded() : null),
    });
    if (kept?.query) this.filter(kept.query);
    this.select(table.selected);
    this.tell();
    if (kept?.top) holder.querySelector(".tabulator-tableholder")?.scrollTo({ top: kept.top });
    this.width = holder.clientWidth;
    this.sizes.observe(holder);
    this.report.built();
    this.root.dataset.ready = "true";
  }

  private initialSort(kept?: Kept): { column: string; dir: "asc" | "desc" }[] {
    if (kept?.sort.length) return kept.sort;
    const places = new Map(this.table.columns.map((column, at) => [column.field, `c${at}`]));
    // The widget applies its sorters from last to first; the view names the main one first.
    return this.table.sort.flatMap(([field, dir]) => (places.has(field) ? [{ column: places.get(field)!, dir }] : [])).reverse();
  }

  private searchBox(query: string): HTMLInputElement {
    const box = document.createElement("input");
    box.type = "search";
    box.placeholder = "Search";
    box.setAttribute("aria-label", `Search ${this.table.label || "the table"}`);
    box.value = query;
    let waiting = 0;
    box.addEventListener("input", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(() => this.filter(box.value), SEARCH_PAUSE);
    });
    return box;
  }

  /** Buttons that open and close a whole tree. */
  private folders(): HTMLElement[] {
    const button = (words: string, act: (row: RowComponent) => void) => {
      const made = el("button", "wb-grid-link", words) as HTMLButtonElement;
      made.type = "button";
      made.addEventListener("click", () => {
        this.widget.blockRedraw();
        for (const row of this.allRows()) if ((row.getData() as Row)._children) act(row);
        this.widget.restoreRedraw();
      });
      return made;
    };
    return [button("Expand all", (row) => row.treeExpand()), button("Collapse all", (row) => row.treeCollapse())];
  }

  private filter(query: string): void {
    this.found = this.search.set(query);
    this.empty.textContent = this.search.active ? "No row matches the search." : "No rows.";
    if (this.search.active) this.widget.setFilter((row: Row) => this.search.keeps(row.n));
    else this.widget.clearFilter(false);
    this.tell();
  }

  private follow(row: number, column: number, link: Link): void {
    if (link.kind === "cell") showCell(this.table, row, column, this.root);
    else if (link.kind === "row") showRow(this.table, row, this.root);
    else this.report.event({ row: this.table.ids[row]!, field: this.table.columns[column]!.field, link });
  }

  private toggle(row: RowComponent): void {
    if (this.id(row) < 0) row.treeToggle();
    else if (this.table.selectable !== "none") row.toggleSelect();
  }

  private clear(): boolean {
    const any = this.selected().length > 0;
    if (any) this.widget.deselectRow();
    return any;
  }

  private async copy(row: RowComponent, column: ColumnComponent): Promise<void> {
    const rows = this.widget.getSelectedRows().map((one) => (one.getData() as Row).n);
    const one = text(this.table, (row.getData() as Row).n, this.at(column));
    const done = await toClipboard(rows.length ? lines(this.table, rows) : one);
    this.say(!done ? "The browser did not allow copying." : rows.length ? `${rows.length} ${rows.length === 1 ? "row" : "rows"} copied.` : "Cell copied.");
  }

  private selectionChanged(): void {
    if (!this.built || this.quiet) return;
    this.tell();
    this.report.select(this.selected());
  }

  private needsStatus(): boolean {
    return this.table.filter || this.table.selectable === "many";
  }

  private tell(): void {
    if (!this.needsStatus()) return;
    const { ids } = this.table;
    const number = (count: number) => count.toLocaleString();
    const parts = [this.search.active ? `${number(this.found)} of ${number(ids.length)} rows` : `${number(ids.length)} ${ids.length === 1 ? "row" : "rows"}`];
    const selected = this.selected().length;
    if (selected) parts.push(`${number(selected)} selected`);
    this.say(parts.join(", "));
  }

  private say(sentence: string): void {
    this.status.textContent = sentence;
  }

  private id(row: RowComponent): number {
    return this.table.ids[(row.getData() as Row).n]!;
  }

  private at(column: ColumnComponent): number {
    return Number(column.getField().slice(1));
  }

  private allRows(): RowComponent[] {
    const rows = this.widget.getRows();
    if (!this.table.depths) return rows;
    const below = (row: RowComponent): RowComponent[] => [row, ...((row.getTreeChildren() || []) as RowComponent[]).flatMap(below)];
    return rows.flatMap(below);
  }
}
