/** The controls around a workbook's drawings, one kind a mount: bar, parameters, links, tiles, frame, cards, tables. */
import { drawWhenFree } from "../../../held";
import { placeIn } from "../../../place";
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
  const root = placeIn(parentElement, "wb-root");
  const send = (value: unknown) => setTriggerValue("event", value);
  drawWhenFree(root, () => {
    if (data.kind === "bar" && data.opened) remember(data.opened);
    if (data.kind === "bar") drawBar(root, data, (what, value) => send({ do: what, value: value ?? null }));
    else if (data.kind === "parameters") drawParameters(root, data, (name, value) => send({ name, value }));
    else if (data.kind === "links") drawLinks(root, data, (index) => send({ index }));
    else if (data.kind === "tiles") drawTiles(root, data, (rows) => send({ rows }), (row, slot) => send({ follow: { row, slot } }));
    else if (data.kind === "frame") drawFrame(root, data, (id) => send({ act: id }));
    else if (data.kind === "schema") drawSchema(root, data);
    else if (data.kind === "fold") drawFold(root, data, () => send({ toggle: true }));
    else if (data.kind === "tables") drawTables(root, data, (name) => send({ table: name }));
    else drawGallery(root, data, (id) => send({ open: id }));
  });
}
