/** The query editor's mounts: a schema, packed, says what a query may name; an editor is the editor itself. Monaco is asked for
 *  by the first editor. */
import { mounting } from "../../../place";
import { Editor, QueryEditor } from "./area";
import { Schema, setSchema } from "./service";

type Mount = { data: Uint8Array; parentElement: HTMLElement; setTriggerValue: (name: string, value: unknown) => void };

const read = new WeakMap<HTMLElement, Uint8Array>();
/** Called again on each change; text, cursor and undo stay. */
const mountEditor = mounting<Mount>("wb-root", (root) => {
  const editor = new QueryEditor(root);
  return {
    show: ({ data, setTriggerValue }) => editor.show(JSON.parse(new TextDecoder().decode(data)) as Editor, (event) => setTriggerValue("event", event)),
    end: () => editor.end(),
  };
});

function mountSchema({ data, parentElement }: Mount): void {
  // The schema never changes within a mount but by another message; a run of the page brings the same bytes again.
  const known = read.get(parentElement);
  if (known?.length === data.length && known.every((byte, at) => byte === data[at])) return;
  read.set(parentElement, data.slice());
  const unpacked = new Blob([data as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  void new Response(unpacked).json().then((schema) => setSchema(schema as Schema));
}

export default function mount(given: Mount): (() => void) | void {
  return given.data[0] === 0x1f ? mountSchema(given) : mountEditor(given);
}
