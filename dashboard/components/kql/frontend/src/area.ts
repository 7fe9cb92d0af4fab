/** The query editor: a bar, Monaco where it loads and a plain text area until then or instead, and the repair of pasted text. */
import { h, icon } from "../../../controls/frontend/src/dom";
import { menu } from "../../../controls/frontend/src/menu";
import { describeRange, openRange, TimeValue } from "../../../controls/frontend/src/timerange";
import type { Handle, Mark } from "./editor";
import { currentSchema, monaco } from "./service";

type Named = { label: string; text: string };
export type Editor = {
  text: string; revision: number; label: string; plain: boolean; utc: boolean;
  /** What stands in the bar; without it there is none (a form that holds the editor has its own). */
  bar?: { range?: TimeValue; presets?: number[]; examples?: Named[]; history?: Named[] } | null;
  /** Parameters that the text may name in braces, with a sentence each; null where there are none to name. */
  parameters: [string, string][] | null;
  marks: Mark[];
  repair?: { text: string; why: string; diff: [" " | "-" | "+", string][] } | null;
  /** Whether every change is told after a short rest, beside what is run. */
  live: boolean;
};
type Send = (event: Record<string, unknown>) => void;

const REST_MS = 500;

/** What both kinds of editing have. */
interface Writing {
  value(): string;
  fill(text: string): void;
  insert(text: string): void;
  selected(): string;
  focus(): void;
}

export class QueryEditor {
  private readonly frame = h("div", { class: "wb-editor" });
  private readonly bar = h("div", { class: "wb-editor-bar" });
  private readonly box = h("div", { class: "wb-code-box" });
  private readonly below = h("div", {});
  private readonly gutter = h("div", { class: "wb-gutter", "aria-hidden": "true" });
  private readonly area = h("textarea", { class: "wb-code", spellcheck: "false", autocapitalize: "off", autocomplete: "off" }) as HTMLTextAreaElement;
  private readonly runLabel = h("span", {}, "Run");
  private writing: Writing = this.plainWriting();
  private handle: Handle | null = null;
  private data!: Editor;
  private send: Send = () => undefined;
  private revision: number | null = null;
  private rest = 0;
  private told = "";
  private started = false;
  private readonly insert = (event: Event) => this.writing.insert((event as CustomEvent<string>).detail);

  constructor(private readonly root: HTMLElement) {
    this.box.append(this.gutter, this.area);
    this.frame.append(this.bar, this.box, this.below);
    root.replaceChildren(this.frame);
    this.area.addEventListener("input", () => { this.number(); this.changed(); });
    this.area.addEventListener("select", () => this.selection());
    this.area.addEventListener("scroll", () => { this.gutter.scrollTop = this.area.scrollTop; });
    this.area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey || event.shiftKey)) return;
      if (event.shiftKey && !this.writing.selected().trim()) return;
      event.preventDefault();
      this.run();
    });
    document.addEventListener("watchbook-insert", this.insert);
  }

  show(data: Editor, send: Send): void {
    this.data = data;
    this.send = send;
    this.area.setAttribute("aria-label", data.label);
    this.area.placeholder = data.plain ? "" : "Type a KQL query, for example: SecurityAlert | summarize count() by AlertSeverity";
    if (this.revision !== data.revision) {
      this.revision = data.revision;
      this.told = data.text;
      if (data.text !== this.writing.value()) this.writing.fill(data.text);
    }
    this.drawBar();
    this.below.replaceChildren(...(data.repair ? [offer(data.repair, (text) => this.writing.fill(text), (text) => this.run(text))] : []));
    this.number();
    this.handle?.update(data.marks, data.parameters);
    if (!data.plain && !this.started) {
      this.started = true;
      void this.upgrade();
    }
  }

  end(): void {
    document.removeEventListener("watchbook-insert", this.insert);
    window.clearTimeout(this.rest);
    this.handle?.end();
    this.handle = null;
  }

  /** Puts Monaco in the place of the text area, with the text, cursor and focus as they are by then. */
  private async upgrade(): Promise<void> {
    try {
      const module = await monaco();
      if (!this.root.isConnected) return;
      module.learn(currentSchema());
      const host = h("div", { class: "wb-monaco" });
      this.box.prepend(host);
      this.handle = await module.create(host, () => this.area.value, this.data.label, {
        run: () => this.run(), changed: () => this.changed(), selection: () => this.selection(),
      });
      if (!this.root.isConnected) return this.end();
      const focused = document.activeElement === this.area;
      const at: [number, number] = [this.area.selectionStart, this.area.selectionEnd];
      this.gutter.remove();
      this.area.remove();
      this.writing = this.handle;
      this.handle.update(this.data.marks, this.data.parameters);
      this.handle.select(at);
      if (focused) this.handle.focus();
      this.drawBar();
    } catch (problem) {
      // The text area stays: nothing is lost but colours and completion.
      console.warn("watchbook: the query editor could not be loaded; a plain text area is used", problem);
      this.box.querySelector(".wb-monaco")?.remove();
    }
  }

  private run(text?: string): void {
    window.clearTimeout(this.rest);
    const picked = this.writing.selected();
    const whole = this.writing.value();
    this.told = text ?? whole;
    if (text !== undefined) this.send({ run: text, text });
    else this.send({ run: picked.trim() ? picked : whole, text: whole, selection: Boolean(picked.trim()) });
  }

  private changed(): void {
    if (!this.data.live) return;
    window.clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      const text = this.writing.value();
      if (text === this.told) return;
      this.told = text;
      this.send({ text });
    }, REST_MS);
  }

  private selection(): void {
    this.runLabel.textContent = this.writing.selected().trim() ? "Run selection" : "Run";
  }

  private number(): void {
    const lines = this.area.value.split("\n").length;
    const wrong = new Set(this.data.marks.map((mark) => mark.line));
    this.gutter.replaceChildren(...Array.from({ length: lines }, (_, at) => h("div", { class: wrong.has(at + 1) ? "is-wrong" : "" }, String(at + 1))));
    this.area.rows = Math.min(24, Math.max(8, lines + 1));
  }

  private drawBar(): void {
    const { bar, utc } = this.data;
    this.bar.hidden = !bar;
    if (!bar) return;
    const focused = this.bar.contains(document.activeElement) ? document.activeElement?.getAttribute("data-focus") : null;
    const format = this.handle ? h("button", { type: "button", class: "wb-button", "data-focus": "format", title: "Format the query (Shift+Alt+F)", onclick: () => this.handle?.format() }, "Format") : null;
    this.bar.replaceChildren(
      h("button", { type: "button", class: "wb-button is-primary wb-run", "data-focus": "run", onclick: () => this.run() }, this.runLabel, h("kbd", {}, "Ctrl+Enter")),
      ...[this.range(bar.range ?? null, bar.presets, utc), format, this.picker("Examples", bar.examples ?? []), this.picker("History", bar.history ?? [])].filter((part) => part !== null),
    );
    this.selection();
    if (focused) this.bar.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }

  private range(value: TimeValue, presets: number[] | undefined, utc: boolean): HTMLElement | null {
    if (!presets) return null;
    const told = value ? describeRange(value, utc) : "Set in query";
    const range = h("button", { type: "button", class: "wb-pick", "aria-haspopup": "listbox", "aria-expanded": "false", "data-focus": "range", "aria-label": `Time range: ${told}` },
      h("span", { class: "wb-pick-text" }, told), icon("chevron"));
    range.addEventListener("click", () => openRange(range, value, presets, true, utc, (chosen) => this.send({ range: chosen, text: this.writing.value() })));
    return h("div", { class: "wb-p kind-time" }, h("span", { class: "wb-p-label" }, "Time range"), range);
  }

  private picker(label: string, entries: Named[]): HTMLElement | null {
    if (!entries.length) return null;
    const button = h("button", { type: "button", class: "wb-button", "data-focus": label }, label, icon("chevron"));
    menu(button, () => entries.map((entry, at) => ({ id: String(at), label: entry.label })), (id) => {
      this.writing.fill(entries[Number(id)]!.text);
      this.writing.focus();
    });
    return button;
  }

  private plainWriting(): Writing {
    const area = this.area;
    const done = () => { this.number(); this.changed(); };
    return {
      value: () => area.value,
      fill: (text) => { area.value = text; if (this.data) done(); },
      insert: (text) => { area.setRangeText(text, area.selectionStart, area.selectionEnd, "end"); done(); area.focus(); },
      selected: () => area.value.slice(area.selectionStart, area.selectionEnd),
      focus: () => area.focus(),
    };
  }
}

function offer(repair: NonNullable<Editor["repair"]>, fill: (text: string) => void, run: (text: string) => void): HTMLElement {
  return h("section", { class: "wb-repair", "aria-label": "Repaired query" },
    h("div", { class: "wb-repair-head" }, h("strong", {}, "A repaired version is ready."), h("span", {}, repair.why)),
    h("pre", { class: "wb-diff" }, ...repair.diff.map(([sign, line]) => h("div", { class: sign === "+" ? "is-added" : sign === "-" ? "is-removed" : "" }, `${sign} ${line}`))),
    h("div", { class: "wb-repair-foot" },
      h("button", { type: "button", class: "wb-button is-primary", "data-focus": "repair", onclick: () => { fill(repair.text); run(repair.text); } }, "Run the repaired query"),
      h("button", { type: "button", class: "wb-button", onclick: () => fill(repair.text) }, "Only take it over")));
}
