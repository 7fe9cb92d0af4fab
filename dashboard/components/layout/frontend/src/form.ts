/** A form made from fields as data: what a person changes is sent when a field is left, or at once for switches and choices. */
import { h } from "../../../controls/frontend/src/dom";
import { menu } from "../../../controls/frontend/src/menu";
import { icon, iconButton } from "./icons";

type Key = string | number;
type Field = {
  keys: Key[]; label: string; kind: "text" | "lines" | "code" | "number" | "flag" | "choice" | "names" | "columns" | "list" | "note";
  value: unknown; default?: unknown; choices?: [unknown, string][]; suggest?: string[]; help?: string; as_text?: boolean;
  entries?: { title: string; fields: Field[]; keys?: Key[] }[]; add?: string[]; opens?: boolean; do?: string;
};
type Section = { title: string; fields: Field[]; open: boolean };
/** `inside` is the number of the entry whose own form this is. */
export type Form = { path: string; inside: number | null; sections: Section[] };
type Send = (event: Record<string, unknown>) => void;

/** Which sections and entries are open: by path of the item and title, for as long as the page lives. */
const folded = new Map<string, boolean>();
/** The form that was drawn last: focus goes along into an entry's own form and back. */
let last: { path: string; inside: number | null } = { path: "", inside: null };

/** Draws the form. Events: {do: "set", path, keys, value}, {do: "inside" | "entry-add", path, keys, index}, {do: "entry-remove" | "entry-up" | "entry-down", path, keys}. */
export function drawForm(root: HTMLElement, data: Form, send: Send): void {
  root.replaceChildren(h("div", { class: "wb-form" }, ...data.sections.map((section) => {
    const body = h("div", { class: "wb-form-fields" });
    const details = fold(`${data.path}|${section.title}`, section.open, h("summary", {}, section.title), body, () => section.fields.forEach((field) => body.append(draw(field))));
    details.classList.add("wb-form-section");
    return details;
  })));
  const from = last;
  last = { path: data.path, inside: data.inside };
  if (from.path === data.path && from.inside !== data.inside) {
    const target = data.inside !== null ? root.querySelector<HTMLElement>(".wb-form-fields .wb-input") : root.querySelector<HTMLElement>(`[data-opens="${from.inside}"]`);
    setTimeout(() => target?.focus({ preventScroll: true }), 0);
  }

  function fold(key: string, open: boolean, summary: HTMLElement, body: HTMLElement, fill: () => void): HTMLDetailsElement {
    const details = h("details", {}, summary, body) as HTMLDetailsElement;
    summary.setAttribute("data-focus", key);
    let filled = false;
    const make = () => { if (!filled) { filled = true; fill(); } };
    if (folded.get(key) ?? open) { details.open = true; make(); }
    details.addEventListener("toggle", () => { folded.set(key, details.open); if (details.open) make(); });
    return details;
  }

  function draw(field: Field): HTMLElement {
    const focus = field.keys.join(".");
    const set = (value: unknown) => send({ do: field.do || "set", path: data.path, keys: field.keys, value });
    if (field.kind === "list") return list(field, focus);
    if (field.kind === "columns") return columns(field, focus, set);
    if (field.kind === "note") return h("div", { class: "wb-form-note" }, h("span", {}, field.label), h("span", {}, String(field.value)));
    const id = `wb-f-${focus.replace(/\W/g, "-")}`;
    const input = { text, number, lines, code: lines, flag, choice, names }[field.kind as "text"](field, id, focus, set);
    const help = field.help ? h("small", { id: `${id}-help` }, field.help) : null;
    if (field.kind === "flag") return h("div", { class: "wb-form-row is-flag" }, h("label", { for: id }, input, h("span", {}, field.label)), help);
    return h("div", { class: `wb-form-row${field.kind === "lines" || field.kind === "code" ? " is-wide" : ""}` }, h("label", { for: id }, field.label), input, help);
  }

  function list(field: Field, focus: string): HTMLElement {
    const add = h("button", { type: "button", class: "wb-button", "data-focus": `${focus}+` }, icon("plus"), "Add");
    if (field.add && field.add.length > 1) {
      add.append(icon("chevron"));
      menu(add, () => field.add!.map((label, at) => ({ id: String(at), label })), (at) => { open(focus, field.entries?.length ?? 0); send({ do: "entry-add", path: data.path, keys: field.keys, index: Number(at) }); });
    } else add.addEventListener("click", () => { open(focus, field.entries?.length ?? 0); send({ do: "entry-add", path: data.path, keys: field.keys, index: 0 }); });
    return h("div", { class: "wb-form-list", role: "group", "aria-label": field.label },
      h("div", { class: "wb-form-list-head" }, h("span", {}, field.label), field.add?.length ? add : null),
      field.help ? h("small", {}, field.help) : null,
      ...(field.entries ?? []).map((entry, at) => {
        const keys = entry.keys ?? [...field.keys, at];
        const body = h("div", { class: "wb-form-fields" });
        const act = (what: string) => (event: Event) => { event.preventDefault(); event.stopPropagation(); send({ do: what, path: data.path, keys }); };
        const buttons = h("span", { class: "wb-form-entry-acts" },
          entry.keys ? null : iconButton("up", `Up: ${entry.title}`, `${focus}.${at}.up`, () => undefined, { disabled: at === 0, onclick: act("entry-up") }),
          entry.keys ? null : iconButton("down", `Down: ${entry.title}`, `${focus}.${at}.down`, () => undefined, { disabled: at === field.entries!.length - 1, onclick: act("entry-down") }),
          iconButton("trash", `Remove: ${entry.title}`, `${focus}.${at}.remove`, () => undefined, { onclick: act("entry-remove") }));
        if (field.opens) {
          return h("div", { class: "wb-form-entry" }, h("button", {
            type: "button", class: "wb-form-open", "data-focus": `${focus}.${at}`, "data-opens": at, onclick: () => send({ do: "inside", path: data.path, keys, index: at }),
          }, h("span", { class: "wb-form-entry-title" }, entry.title)), buttons);
        }
        const details = fold(`${data.path}|${focus}.${at}`, false, h("summary", {}, h("span", { class: "wb-form-entry-title" }, entry.title)), body, () => entry.fields.forEach((inner) => body.append(draw(inner))));
        return h("div", { class: "wb-form-entry" }, details, buttons);
      }));
  }

  /** Columns that are kept or not, under names, in an order; the whole list is sent with each change. */
  function columns(field: Field, focus: string, set: (value: unknown) => void): HTMLElement {
    type Column = { originalName?: string; mergedName?: string };
    const all = (field.choices ?? []).map(([entry]) => entry as Column);
    const changed = (at: number, change: Column | null, by = 0) => {
      const next = all.map((column, number) => (number === at && change ? { ...column, ...change } : column)).map(({ mergedName, ...rest }) => (mergedName ? { ...rest, mergedName } : rest));
      if (by) next.splice(at + by, 0, ...next.splice(at, 1));
      set(next);
    };
    const plain = (column: Column) => (column.originalName ?? "").replace(/^\[.*?\]\./, "");
    const keep = (kept: boolean) => set(all.map(({ mergedName, ...rest }) => (kept ? { ...rest, mergedName: mergedName || plain(rest) } : rest)));
    const id = `wb-f-${focus.replace(/\W/g, "-")}`;
    return h("div", { class: "wb-form-list", role: "group", "aria-label": field.label },
      h("div", { class: "wb-form-list-head" }, h("span", {}, field.label), h("span", { class: "wb-form-columns-all" },
        h("button", { type: "button", class: "wb-button", "data-focus": `${focus}.all`, onclick: () => keep(true) }, "All"),
        h("button", { type: "button", class: "wb-button", "data-focus": `${focus}.none`, onclick: () => keep(false) }, "None"))),
      field.help ? h("small", {}, field.help) : null,
      ...all.map((column, at) => {
        const original = column.originalName ?? "?";
        const kept = h("input", { type: "checkbox", id: `${id}-${at}`, checked: Boolean(column.mergedName), "data-focus": `${focus}.${at}.kept`, "aria-label": `Keep ${original}` }) as HTMLInputElement;
        kept.addEventListener("change", () => changed(at, { mergedName: kept.checked ? plain(column) : "" }));
        const name = h("input", { type: "text", class: "wb-input", value: column.mergedName ?? "", placeholder: "left out", "data-focus": `${focus}.${at}.name`, "aria-label": `Name of ${original}`, spellcheck: "false", autocomplete: "off" }) as HTMLInputElement;
        name.addEventListener("change", () => changed(at, { mergedName: name.value.trim() }));
        return h("div", { class: "wb-form-column" }, kept, h("label", { for: `${id}-${at}`, title: original }, original), name,
          iconButton("up", `Up: ${original}`, `${focus}.${at}.up`, () => changed(at, null, -1), { disabled: at === 0 }),
          iconButton("down", `Down: ${original}`, `${focus}.${at}.down`, () => changed(at, null, 1), { disabled: at === all.length - 1 }));
      }));
  }

  function open(focus: string, at: number): void {
    folded.set(`${data.path}|${focus}.${at}`, true);
  }

  function text(field: Field, id: string, focus: string, set: (value: unknown) => void): HTMLElement {
    const shown = field.value === null || field.value === undefined ? "" : typeof field.value === "string" ? field.value : JSON.stringify(field.value);
    const input = h("input", { type: "text", id, class: "wb-input", value: shown, "data-focus": focus, placeholder: field.default ?? "", spellcheck: "false", autocomplete: "off", "aria-describedby": field.help ? `${id}-help` : null }) as HTMLInputElement;
    const done = () => {
      if (input.value === shown) return;
      // What was a number or a truth value stays one where the new text is one, too.
      const kept = typeof field.value !== "string" && field.value !== null && field.value !== undefined ? parsed(input.value) : input.value;
      set(input.value === "" && typeof field.value !== "string" ? null : kept);
    };
    input.addEventListener("change", done);
    if (!field.suggest?.length) return input;
    const names = h("datalist", { id: `${id}-list` }, ...field.suggest.map((name) => h("option", { value: name })));
    input.setAttribute("list", `${id}-list`);
    return h("div", { class: "wb-form-suggest" }, input, names);
  }

  function number(field: Field, id: string, focus: string, set: (value: unknown) => void): HTMLElement {
    const input = h("input", { type: "number", step: "any", id, class: "wb-input", value: field.value ?? "", "data-focus": focus, placeholder: field.default ?? "" }) as HTMLInputElement;
    input.addEventListener("change", () => {
      if (input.value === "") set(null);
      else set(typeof field.value === "string" || field.as_text ? input.value : Number(input.value));
    });
    return input;
  }

  function lines(field: Field, id: string, focus: string, set: (value: unknown) => void): HTMLElement {
    const shown = typeof field.value === "string" ? field.value : field.value === null || field.value === undefined ? "" : JSON.stringify(field.value, null, 1);
    const area = h("textarea", { id, class: `wb-input${field.kind === "code" ? " is-code" : ""}`, rows: Math.min(16, Math.max(field.kind === "code" ? 2 : 5, shown.split("\n").length + 1)), value: shown, "data-focus": focus, spellcheck: field.kind === "code" ? "false" : "true" }) as HTMLTextAreaElement;
    area.addEventListener("change", () => { if (area.value !== shown) set(area.value === "" && typeof field.value !== "string" ? null : area.value); });
    return area;
  }

  function flag(field: Field, id: string, focus: string, set: (value: unknown) => void): HTMLElement {
    const on = field.value === null || field.value === undefined ? Boolean(field.default) : field.value === true;
    const input = h("input", { type: "checkbox", id, checked: on, "data-focus": focus }) as HTMLInputElement;
    input.addEventListener("change", () => set(input.checked));
    return input;
  }

  function choice(field: Field, id: string, focus: string, set: (value: unknown) => void): HTMLElement {
    const now = field.value ?? field.default ?? null;
    const choices = field.choices ?? [];
    const chosen = choices.findIndex(([value]) => JSON.stringify(value) === JSON.stringify(now));
    const select = h("select", { id, class: "wb-input", "data-focus": focus }, chosen < 0 ? h("option", { value: "-1" }, "–") : null,
      ...choices.map(([, label], at) => h("option", { value: at }, label))) as HTMLSelectElement;
    select.value = String(chosen);
    select.addEventListener("change", () => { if (select.value !== "-1") set(choices[Number(select.value)][0]); });
    return select;
  }

  function names(field: Field, id: string, focus: string, set: (value: unknown) => void): HTMLElement {
    const given = Array.isArray(field.value) ? field.value.map(String) : field.value === null || field.value === undefined ? [] : [String(field.value)];
    const input = h("input", { type: "text", id, class: "wb-input", placeholder: "Add …", "data-focus": focus, autocomplete: "off" }) as HTMLInputElement;
    const left = (field.suggest ?? []).filter((name) => !given.includes(name));
    const add = () => {
      const name = input.value.trim();
      if (name && !given.includes(name)) set([...given, name]);
    };
    input.addEventListener("change", add);
    if (left.length) input.setAttribute("list", `${id}-list`);
    return h("div", { class: "wb-multi" }, ...given.map((name) => h("span", { class: "wb-chip" }, name,
      h("button", { type: "button", class: "wb-chip-close", "aria-label": `Remove ${name}`, "data-focus": `${focus}-${name}`, onclick: () => { const rest = given.filter((other) => other !== name); set(rest.length ? rest : null); } }, icon("close")))),
    input, left.length ? h("datalist", { id: `${id}-list` }, ...left.map((name) => h("option", { value: name }))) : null);
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
