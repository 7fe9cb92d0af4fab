/** The search box over a grid: which rows hold all its words, with the ancestors and descendants that belong to them. */
import { parents, Table, text } from "./data";

export class Search {
  private words: string[] = [];
  private rows: string[] | null = null;
  private kept: Uint8Array | null = null;
  private readonly parents: Int32Array | null;

  constructor(private readonly table: Table) {
    this.parents = parents(table);
  }

  /** Sets what is looked for; gives how many rows match by themselves. */
  set(query: string): number {
    this.words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!this.words.length) {
      this.kept = null;
      return this.table.ids.length;
    }
    this.rows ??= this.table.ids.map((_, n) => this.line(n));
    const kept = new Uint8Array(this.rows.length);
    let found = 0;
    this.rows.forEach((line, n) => {
      if (!this.words.every((word) => line.includes(word))) return;
      kept[n] = 1;
      found += 1;
    });
    if (this.parents) this.keepFamilies(kept, this.parents);
    this.kept = kept;
    return found;
  }

  get active(): boolean {
    return this.kept !== null;
  }

  keeps(n: number): boolean {
    return !this.kept || this.kept[n] !== 0;
  }

  private line(n: number): string {
    let line = "";
    this.table.columns.forEach((column, c) => {
      if (column.visible) line += `${text(this.table, n, c)}\u0000`;
    });
    return line.toLowerCase();
  }

  private keepFamilies(kept: Uint8Array, parents: Int32Array): void {
    const own = kept.slice();
    for (let n = 0; n < own.length; n++) {
      // Parents come before their children, so a kept parent passes itself on in one run through the rows.
      const parent = parents[n]!;
      if (parent >= 0 && own[parent]) own[n] = 1;
      if (own[n]) kept[n] = 1;
      if (own[n]) for (let at = parent; at >= 0 && !kept[at]; at = parents[at]!) kept[at] = 1;
    }
  }
}
