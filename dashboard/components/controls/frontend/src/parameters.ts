/** The controls of one parameters item. */
import { Choice, openChoices } from "./choices";
import { h, icon } from "./dom";
import { describeRange, openRange, TimeValue } from "./timerange";

export type Control = {
  name: string; label: string; help?: string; kind: "text" | "list" | "time" | "options" | "multi" | "tabs";
  value: unknown; options: Choice[]; specials: Choice[]; multi?: boolean; required?: boolean; problem?: string; waiting?: boolean;
  custom?: boolean; limit?: number; presets?: number[]; customRange?: boolean; lines?: number; password?: boolean; fixed?: boolean; placeholder?: string;
};
export type Parameters = { style: string; controls: Control[]; utc: boolean };

/** Draws the controls; `set` sends one parameter's new value. */
export function drawParameters(root: HTMLElement, data: Parameters, set: (name: string, value: unknown) => void): void {
  const style = { above: "is-above", formHorizontal: "is-form", formVertical: "is-form is-vertical" }[data.style] ?? "is-pills";
  root.replaceChildren(h("div", { class: `wb-parameters ${style}` }, ...data.controls.map((control) => draw(control, data.utc, set))));
}

function draw(control: Control, utc: boolean, set: (name: string, value: unknown) => void): HTMLElement {
  const id = `wb-p-${control.name}-${Math.random().toString(36).slice(2, 8)}`;
  const label = h("label", { class: "wb-p-label", for: id, title: control.help ?? null }, control.label,
    control.required && empty(control.value) ? h("span", { class: "wb-required", "aria-hidden": "true" }, "*") : null,
    control.help ? icon("info") : null);
  const field = { text: drawText, time: drawTime, options: drawOptions, tabs: drawOptions, multi: drawMulti, list: drawList }[control.kind](control, id, utc, set);
  const needs = control.required && empty(control.value) && !control.waiting;
  return h("div", { class: `wb-p kind-${control.kind}${needs ? " is-needed" : ""}${control.problem ? " is-wrong" : ""}`, "data-parameter": control.name },
    label, field, control.problem ? h("div", { class: "wb-field-error", role: "alert" }, control.problem) : null);
}

const empty = (value: unknown) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

function opener(control: Control, id: string, text: string): HTMLButtonElement {
  return h("button", {
    type: "button", id, class: `wb-pick${empty(control.value) ? " is-empty" : ""}`, disabled: control.fixed, "aria-haspopup": "listbox", "aria-expanded": "false",
    "aria-label": `${control.label}: ${text}`, title: text, "data-focus": control.name,
  }, h("span", { class: "wb-pick-text" }, text), icon("chevron")) as HTMLButtonElement;
}

/** An ARM id by its last part, the special All by its name, anything else as it is. */
function shorten(value: string): string {
  if (value === "value::all") return "All";
  return value.startsWith("/subscriptions/") ? value.slice(value.lastIndexOf("/") + 1) : value;
}

/** What is chosen, as a reader says it: a special entry's label, one label, or `A, B +2`. */
export function describeChoice(control: Control): string {
  const special = control.specials.find((choice) => choice.s);
  if (special) return special.l;
  const chosen = control.options.filter((choice) => choice.s).map((choice) => shorten(choice.l) || "(empty)");
  if (!chosen.length) {
    if (control.waiting) return "Loading…";
    return empty(control.value) ? (control.placeholder ?? "Not set") : [control.value].flat().map((value) => shorten(String(value))).join(", ");
  }
  return chosen.length > 2 ? `${chosen[0]}, ${chosen[1]} +${chosen.length - 2}` : chosen.join(", ");
}

function drawList(control: Control, id: string, _utc: boolean, set: (name: string, value: unknown) => void): HTMLElement {
  const button = opener(control, id, describeChoice(control));
  button.addEventListener("click", () => openChoices(button, {
    label: control.label, options: control.options, specials: control.specials, multi: Boolean(control.multi),
    custom: control.custom, limit: control.limit, clearable: !control.required,
  }, (values) => set(control.name, control.multi ? values : (values[0] ?? null))));
  return button;
}

function drawTime(control: Control, id: string, utc: boolean, set: (name: string, value: unknown) => void): HTMLElement {
  const value = control.value as TimeValue;
  const button = opener(control, id, describeRange(value, utc));
  button.addEventListener("click", () => openRange(button, value, control.presets ?? [], control.customRange ?? true, utc, (range) => set(control.name, range)));
  return button;
}

function drawText(control: Control, id: string, _utc: boolean, set: (name: string, value: unknown) => void): HTMLElement {
  const lines = control.lines ?? 1;
  const given = String(control.value ?? "");
  const input = h(lines > 1 ? "textarea" : "input", {
    id, class: "wb-input", type: control.password ? "password" : "text", rows: lines > 1 ? lines : null, value: given, disabled: control.fixed,
    placeholder: control.placeholder ?? "", autocomplete: "off", spellcheck: "false", "data-focus": control.name, size: Math.min(40, Math.max(10, given.length + 1)),
  }) as HTMLInputElement;
  const commit = () => { if (input.value !== given) set(control.name, input.value || null); };
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (lines === 1 || event.ctrlKey || event.metaKey)) { event.preventDefault(); input.blur(); }
  });
  return input;
}

function drawOptions(control: Control, id: string, _utc: boolean, set: (name: string, value: unknown) => void): HTMLElement {
  const group = h("div", { id, class: control.kind === "tabs" ? "wb-tabs" : "wb-segments", role: "radiogroup", "aria-label": control.label });
  control.options.forEach((option, index) => group.append(h("button", {
    type: "button", role: "radio", class: control.kind === "tabs" ? "wb-tab" : "wb-segment", "aria-checked": String(Boolean(option.s)), disabled: control.fixed,
    "data-focus": `${control.name}/${index}`, onclick: () => { if (!option.s) set(control.name, option.v); },
  }, option.l)));
  return group;
}

function drawMulti(control: Control, id: string, _utc: boolean, set: (name: string, value: unknown) => void): HTMLElement {
  const values = [control.value ?? []].flat().map(String);
  const input = h("input", { id, class: "wb-input", placeholder: "Add a value", "data-focus": control.name }) as HTMLInputElement;
  const commit = () => { if (input.value.trim()) set(control.name, [...values, input.value.trim()]); };
  input.addEventListener("change", commit);
  return h("div", { class: "wb-multi" },
    ...values.map((value) => h("span", { class: "wb-chip" }, value, h("button", {
      type: "button", class: "wb-chip-close", "aria-label": `Remove ${value}`, onclick: () => set(control.name, values.filter((other) => other !== value)),
    }, icon("close")))), input);
}
