/** The query editor: a plain text area with line numbers, its time range, examples and history, and the repair of pasted text. */
import { h, icon } from "./dom";
import { menu } from "./menu";
import { describeRange, openRange, TimeValue } from "./timerange";

export type Editor = {
  text: string; revision: number; range: TimeValue; presets: number[]; utc: boolean; running: boolean;
  examples: { label: string; text: string }[]; history: { label: string; text: string }[];
  mark?: { line: number; column: number } | null;
  repair?: { text: string; why: string; diff: [" " | "-" | "+", string][] } | null;
};

/** Draws the editor; `run` sends the text (and the range), `range` a new time range. */
export function drawEditor(root: HTMLElement, data: Editor, send: (event: Record<string, unknown>) => void): void {
  let area = root.querySelector<HTMLTextAreaElement>("textarea.wb-code");
  const fresh = !area || root.dataset.revision !== String(data.revision);
  const kept = area && !fresh ? area.value : data.text;
  const selection = area && !fresh ? [area.selectionStart, area.selectionEnd] : null;
  area = h("textarea", { class: "wb-code", rows: 10, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": "KQL query", "data-focus": "code", value: kept, placeholder: "Type a KQL query, for example: SecurityAlert | summarize count() by AlertSeverity" }) as HTMLTextAreaElement;
  root.dataset.revision = String(data.revision);
  const gutter = h("div", { class: "wb-gutter", "aria-hidden": "true" });
  const number = () => {
    const lines = area!.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => h("div", { class: data.mark?.line === at + 1 ? "is-wrong" : "" }, String(at + 1))));
    area!.rows = Math.min(24, Math.max(8, lines + 1));
  };
  const run = (text?: string) => send({ run: text ?? area!.value });
  area.addEventListener("input", number);
  area.addEventListener("scroll", () => { gutter.scrollTop = area!.scrollTop; });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      const picked = area!.value.slice(area!.selectionStart, area!.selectionEnd).trim();
      if (event.shiftKey && !picked) return;
      run();
    }
  });
  const fill = (text: string) => {
    area!.value = text;
    number();
    area!.focus();
  };
  const range = h("button", { type: "button", class: "wb-pick", "aria-haspopup": "listbox", "aria-expanded": "false", "data-focus": "range", "aria-label": `Time range: ${data.range ? describeRange(data.range, data.utc) : "Set in query"}` },
    h("span", { class: "wb-pick-text" }, data.range ? describeRange(data.range, data.utc) : "Set in query"), icon("chevron"));
  range.addEventListener("click", () => openRange(range, data.range, data.presets, true, data.utc, (value) => send({ range: value, text: area!.value })));
  const bar = h("div", { class: "wb-editor-bar" },
    h("button", { type: "button", class: "wb-button is-primary wb-run", "data-focus": "run", onclick: () => run() }, "Run", h("kbd", {}, "Ctrl+Enter")),
    h("div", { class: "wb-p kind-time" }, h("span", { class: "wb-p-label" }, "Time range"), range),
    picker("Examples", data.examples, fill), data.history.length ? picker("History", data.history, fill) : null);
  root.replaceChildren(h("div", { class: "wb-editor" }, bar, h("div", { class: "wb-code-box" }, gutter, area), data.repair ? offer(data.repair, fill, run) : null));
  number();
  if (selection) area.setSelectionRange(selection[0], selection[1]);
  const insert = (event: Event) => {
    if (!root.isConnected) { document.removeEventListener("watchbook-insert", insert); return; }
    if (!area!.isConnected) { document.removeEventListener("watchbook-insert", insert); return; }
    area!.setRangeText((event as CustomEvent<string>).detail, area!.selectionStart, area!.selectionEnd, "end");
    number();
    area!.focus();
  };
  document.addEventListener("watchbook-insert", insert);
}

function picker(label: string, entries: { label: string; text: string }[], fill: (text: string) => void): HTMLElement {
  const button = h("button", { type: "button", class: "wb-button", "data-focus": label }, label, icon("chevron"));
  menu(button, () => entries.map((entry, at) => ({ id: String(at), label: entry.label })), (id) => fill(entries[Number(id)].text));
  return button;
}

function offer(repair: NonNullable<Editor["repair"]>, fill: (text: string) => void, run: (text: string) => void): HTMLElement {
  return h("section", { class: "wb-repair", "aria-label": "Repaired query" },
    h("div", { class: "wb-repair-head" }, h("strong", {}, "A repaired version is ready."), h("span", {}, repair.why)),
    h("pre", { class: "wb-diff" }, ...repair.diff.map(([sign, line]) => h("div", { class: sign === "+" ? "is-added" : sign === "-" ? "is-removed" : "" }, `${sign} ${line}`))),
    h("div", { class: "wb-repair-foot" },
      h("button", { type: "button", class: "wb-button is-primary", "data-focus": "repair", onclick: () => { fill(repair.text); run(repair.text); } }, "Run the repaired query"),
      h("button", { type: "button", class: "wb-button", onclick: () => fill(repair.text) }, "Only take it over")));
}
