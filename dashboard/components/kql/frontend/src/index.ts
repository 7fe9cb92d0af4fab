/** The query editor's mounts: `schema` says what a query may name, `editor` is the editor itself. Monaco is asked for by the first editor. */
import { placeIn } from "../../../place";
import { Editor, QueryEditor } from "./area";
import { Schema, setSchema } from "./service";

type Data = ({ kind: "editor" } & Editor) | ({ kind: "schema" } & Schema);
type Mount = { data: Uint8Array; parentElement: HTMLElement; setTriggerValue: (name: string, value: unknown) => void };

const mounted = new WeakMap<HTMLElement, QueryEditor>();
const read = new WeakMap<HTMLElement, Uint8Array>();

async function text(bytes: Uint8Array): Promise<string> {
  if (bytes[0] !== 0x1f) return new TextDecoder().decode(bytes);
  return new Response(new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

/** Draws `data` into the mount's own element. Called again on each change; text, cursor and undo stay. */
export default function mount({ data: bytes, parentElement, setTriggerValue }: Mount): () => void {
  if (bytes[0] === 0x1f) {
    // The schema never changes within a mount but by another message; a run of the page brings the same bytes again.
    const known = read.get(parentElement);
    if (!known || known.length !== bytes.length || known.some((byte, at) => byte !== bytes[at])) {
      read.set(parentElement, bytes.slice());
      void text(bytes).then((json) => setSchema(JSON.parse(json) as Schema));
    }
    return () => undefined;
  }
  const data = JSON.parse(new TextDecoder().decode(bytes)) as Data;
  const root = placeIn(parentElement, "wb-root");
  if (data.kind !== "editor") return () => undefined;
  const one = mounted.get(root) ?? new QueryEditor(root);
  mounted.set(root, one);
  one.show(data, (event) => setTriggerValue("event", event));
  return () => one.end();
}
