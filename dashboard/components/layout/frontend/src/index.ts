/** Edit mode: the tools above a workbook, the bar of each item, the outline, forms, JSON, versions. One kind a mount. */
import "gridstack/dist/gridstack.min.css";
import "./layout.css";
import { drawWhenFree } from "../../../held";
import { placeIn } from "../../../place";
import { drawCompare, drawVersions, Compared, Versions } from "./compare";
import { drawForm, Form } from "./form";
import { drawForeign, drawItemBar, Foreign, ItemBar } from "./itembar";
import { iconButton } from "./icons";
import { drawJson, JsonText } from "./json";
import { drawOutline, Outline } from "./outline";
import { drawTools, Tools } from "./tools";
import { drawWizard, Wizard } from "./wizard";

type Data =
  | ({ kind: "tools" } & Tools) | ({ kind: "itembar" } & ItemBar) | ({ kind: "foreign" } & Foreign) | { kind: "close" } | ({ kind: "outline" } & Outline) | ({ kind: "form" } & Form)
  | ({ kind: "json" } & JsonText) | ({ kind: "versions" } & Versions) | ({ kind: "compare" } & Compared) | ({ kind: "wizard" } & Wizard);
type Mount = { data: Uint8Array; parentElement: HTMLElement; setTriggerValue: (name: string, value: unknown) => void };

/** Draws `data` into the mount's own element. Called again on each change; focus and folding stay as they were. */
export default function mount({ data: bytes, parentElement, setTriggerValue }: Mount): void {
  const data = JSON.parse(new TextDecoder().decode(bytes)) as Data;
  const root = placeIn(parentElement, "wb-root");
  const send = (event: Record<string, unknown>) => setTriggerValue("event", event);
  drawWhenFree(root, () => {
    if (data.kind === "tools") drawTools(root, data, send);
    else if (data.kind === "itembar") drawItemBar(root, data, send);
    else if (data.kind === "foreign") drawForeign(root, data, send);
    else if (data.kind === "close") root.replaceChildren(iconButton("close", "Close the panel", "close", () => send({ do: "panel", value: "" })));
    else if (data.kind === "outline") drawOutline(root, data, send);
    else if (data.kind === "form") drawForm(root, data, send);
    else if (data.kind === "json") drawJson(root, data, send);
    else if (data.kind === "versions") drawVersions(root, data, send);
    else if (data.kind === "wizard") drawWizard(root, data, send);
    else drawCompare(root, data, send);
  }, { preventScroll: true });
}
