/** The raw JSON of an item, checked as one types. */
import { tell } from "../../../held";
import { h } from "../../../controls/frontend/src/dom";

export type JsonText = { path: string; text: string; problems: { text: string; error: boolean }[]; typed?: string };

/** Draws the text. Events: {do: "json", path, value}. */
export function drawJson(root: HTMLElement, data: JsonText, send: (event: Record<string, unknown>) => void): void {
  const old = root.querySelector<HTMLTextAreaElement>("textarea");
  const same = root.dataset.path === data.path && root.dataset.text === data.text;
  const area = h("textarea", { class: "wb-input is-code wb-json", spellcheck: "false", "aria-label": "JSON of the item", "data-focus": "json", value: same && old ? old.value : data.typed ?? data.text, rows: 26 }) as HTMLTextAreaElement;
  root.dataset.path = data.path;
  root.dataset.text = data.text;
  const told = h("div", { class: "wb-json-told", role: "status" });
  const apply = h("button", { type: "button", class: "wb-button is-primary", "data-focus": "json-apply", onclick: () => send({ do: "json", path: data.path, value: area.value }) }, "Apply") as HTMLButtonElement;
  const check = () => {
    apply.disabled = area.value === data.text;
    told.replaceChildren();
    if (area.value !== data.text) {
      try {
        JSON.parse(area.value);
      } catch (error) {
        apply.disabled = true;
        told.append(h("div", { class: "wb-field-error" }, `Not JSON yet: ${(error as Error).message}.`));
        return;
      }
    }
    for (const problem of data.problems) told.append(h("div", { class: problem.error ? "wb-field-error" : "wb-note" }, problem.text));
  };
  area.addEventListener("input", check);
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (apply.disabled) return;
    tell(area);
    apply.click();
  });
  check();
  root.replaceChildren(h("div", { class: "wb-json-box" }, area, told, h("div", { class: "wb-dialog-foot" },
    h("button", { type: "button", class: "wb-button", onclick: () => { area.value = data.text; check(); } }, "Reset"), apply)));
}
