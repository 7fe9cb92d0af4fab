/** The time range picker: presets and a custom range. */
import { h, icon, popup } from "./dom";

export type TimeValue = { durationMs: number; endTime?: string } | null;

const UNITS: [number, string][] = [[86400000, "day"], [3600000, "hour"], [60000, "minute"], [1000, "second"]];

/** `Last 4 hours`, or both ends of a custom range. */
export function describeRange(value: TimeValue, utc: boolean): string {
  if (!value || !value.durationMs) return "Not set";
  if (value.endTime) {
    const end = new Date(value.endTime);
    return `${stamp(new Date(end.getTime() - value.durationMs), utc)} – ${stamp(end, utc)}`;
  }
  const [size, name] = (value.durationMs === 86400000 ? UNITS[1] : UNITS.find(([unit]) => value.durationMs % unit === 0)) ?? UNITS[3];
  const count = Math.round(value.durationMs / size);
  return count === 1 ? `Last ${name}` : `Last ${count} ${name}s`;
}

/** `2026-11-24 08:30` in UTC or in the browser's time. */
export function stamp(date: Date, utc: boolean, separator = " "): string {
  const local = utc ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60000);
  return local.toISOString().slice(0, 16).replace("T", separator);
}

function parse(text: string, utc: boolean): number {
  return new Date(utc ? `${text}:00Z` : text).getTime();
}

/** Opens the picker under `anchor`; `changed` gets the range taken. */
export function openRange(anchor: HTMLElement, value: TimeValue, presets: number[], custom: boolean, utc: boolean, changed: (value: TimeValue) => void): void {
  const list = h("div", { class: "wb-options", role: "listbox", "aria-label": "Time range", tabindex: "0" });
  const end = value?.endTime ? new Date(value.endTime) : new Date();
  const from = h("input", { type: "datetime-local", class: "wb-input", "aria-label": "From", value: stamp(new Date(end.getTime() - (value?.durationMs || 86400000)), utc, "T") }) as HTMLInputElement;
  const to = h("input", { type: "datetime-local", class: "wb-input", "aria-label": "To", value: stamp(end, utc, "T") }) as HTMLInputElement;
  const wrong = h("div", { class: "wb-field-error", role: "alert" });
  const apply = h("button", { type: "submit", class: "wb-button is-primary" }, "Apply");
  const form = h("form", { class: "wb-range" },
    h("div", { class: "wb-range-title" }, `Custom range (${utc ? "UTC" : "local time"})`),
    h("label", {}, "From", from), h("label", {}, "To", to), wrong, apply);
  const panel = h("div", { class: "wb-choices wb-time" }, list, custom ? form : null);
  const close = popup(anchor, panel);
  let active = presets.findIndex((ms) => !value?.endTime && ms === value?.durationMs);
  const draw = () => list.replaceChildren(...presets.map((ms, index) => {
    const on = !value?.endTime && ms === value?.durationMs;
    return h("div", {
      class: `wb-option${index === active ? " is-active" : ""}`, role: "option", "aria-selected": String(on),
      onclick: () => { close(true); if (!on) changed({ durationMs: ms }); },
    }, h("span", { class: "wb-tick" }, on ? icon("check") : null), describeRange({ durationMs: ms }, utc));
  }));
  list.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + presets.length) % presets.length;
      draw();
      list.querySelector(".is-active")?.scrollIntoView({ block: "nearest" });
    } else if ((event.key === "Enter" || event.key === " ") && active >= 0) {
      event.preventDefault();
      (list.children[active] as HTMLElement).click();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const start = parse(from.value, utc);
    const stop = parse(to.value, utc);
    if (!(start < stop)) {
      wrong.textContent = "The start must be before the end.";
      return;
    }
    close(true);
    changed({ durationMs: stop - start, endTime: new Date(stop).toISOString() });
  });
  draw();
  list.focus();
}
