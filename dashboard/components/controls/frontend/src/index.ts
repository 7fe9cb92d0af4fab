/** The controls around a workbook's drawings, one kind a mount: bar, parameters, links, tiles, frame, cards, tables. */
import { drawWhenFree } from "../../../held";
import { Bar, drawBar } from "./bar";
import { drawFrame, Frame } from "./frame";
import { drawGallery, Gallery, remember } from "./gallery";
import { drawParameters, Parameters } from "./parameters";
import { drawSchema, drawTables, SchemaTable, TableRow } from "./schema";
import { drawFold, drawLinks, Links } from "./tabs";
import { drawTiles, Tiles } from "./tiles";

type Data =
  | ({ kind: "bar" } & Bar) | ({ kind: "parameters" } & Parameters) | ({ kind: "links" } & Links)
  | ({ kind: "tiles" } & Tiles) | ({ kind: "frame" } & Frame) | { kind: "fold"; title: string; closed: boolean } | ({ kind: "gallery" } & Gallery)
  | { kind: "schema"; tables: SchemaTable[]; empty: SchemaTable[] } | { kind: "tables"; tables: TableRow[]; empty: string[]; utc: boolean };
type Mount = { data: Uint8Array; parentElement: HTMLElement; setTriggerValue: (name: string, value: unknown) => void };

/** Draws `data` into the mount's own element. Called again on each change; the focus stays where it was. */
export default function mount({ data: bytes, parentElement, setTriggerValue }: Mount): void {
  const data = JSON.parse(new TextDecoder().decode(bytes)) as Data;
  let root = parentElement.querySelector<HTMLElement>(":scope > .wb-root");
  if (!root) {
    root = document.createElement("div");
    root.className = "wb-root";
    parentElement.append(root);
  }
  const place = root;
  drawWhenFree(place, () => {
    const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute("data-focus") : null;
    const send = (value: unknown) => setTriggerValue("event", value);
    if (data.kind === "bar" && data.opened) remember(data.opened);
    if (data.kind === "bar") drawBar(place, data, (what, value) => send({ do: what, value: value ?? null }));
    else if (data.kind === "parameters") drawParameters(place, data, (name, value) => send({ name, value }));
    else if (data.kind === "links") drawLinks(place, data, (index) => send({ index }));
    else if (data.kind === "tiles") drawTiles(place, data, (rows) => send({ rows }), (row, slot) => send({ follow: { row, slot } }));
    else if (data.kind === "frame") drawFrame(place, data, (id) => send({ act: id }));
    else if (data.kind === "schema") drawSchema(place, data);
    else if (data.kind === "fold") drawFold(place, data, () => send({ toggle: true }));
    else if (data.kind === "tables") drawTables(place, data, (name) => send({ table: name }));
    else drawGallery(place, data, (id) => send({ open: id }));
    if (focused) place.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  });
}
