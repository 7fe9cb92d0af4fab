/** What is shared by all editors of a page: the schema, and Monaco once it was asked for. */
import type * as Monaco from "./editor";

/** Tables as [name, [[column, type], …]], stored functions as [name, parameters, body]. */
export type Schema = { source: string; tables: [string, [string, string][]][]; functions: [string, string, string][] };
export type Module = typeof Monaco;

let schema: Schema = { source: "", tables: [], functions: [] };
let asked: Promise<Module> | null = null;

/** Monaco with its language service; rejects where it cannot be loaded. */
export function monaco(): Promise<Module> {
  // The address is put together so that the bundler leaves the module where it is.
  asked ??= import(new URL("./editor.js", import.meta.url).href) as Promise<Module>;
  return asked;
}

export function currentSchema(): Schema {
  return schema;
}

/** Takes over what a query may name; an editor that is there learns it at once. */
export function setSchema(next: Schema): void {
  schema = next;
  void asked?.then((module) => module.learn(schema)).catch(() => undefined);
}
