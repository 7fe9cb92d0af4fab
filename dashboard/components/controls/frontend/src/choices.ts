/** The list of a drop-down: search, groups, special entries such as All, one or several choices. */
import { h, icon, popup } from "./dom";

export type Choice = { v: string; l: string; g?: string; s?: boolean };
export type ChoiceList = {
  label: string; options: Choice[]; specials: Choice[]; multi: boolean; custom?: boolean; limit?: number; clearable?: boolean;
};

const SHOWN = 200;

/** Opens the list under `anchor`. `changed` gets the new choice once, when the list closes with another one than before. */
export function openChoices(anchor: HTMLElement, list: ChoiceList, changed: (values: string[]) => void): void {
  const all = [...list.specials, ...list.options];
  let chosen = all.filter((choice) => choice.s).map((choice) => choice.v);
  const special = list.specials.find((choice) => choice.s);
  if (special) chosen = [special.v];
  const before = JSON.stringify(chosen);
  const specials = new Set(list.specials.map((choice) => choice.v));
  const search = h("input", {
    type: "text", class: "wb-search", placeholder: list.custom ? "Search or type a value" : "Search", role: "combobox",
    "aria-expanded": "true", "aria-label": `Search ${list.label}`, autocomplete: "off", spellcheck: "false",
  }) as HTMLInputElement;
  const box = h("div", { class: "wb-options", role: "listbox", "aria-label": list.label, "aria-multiselectable": list.multi ? "true" : null });
  const id = `wb-list-${Math.random().toString(36).slice(2)}`;
  box.id = id;
  search.setAttribute("aria-controls", id);
  const count = h("div", { class: "wb-options-foot", "aria-live": "polite" });
  const panel = h("div", { class: "wb-choices" }, all.length > 8 || list.custom ? search : null, box, count);
  let active = -1;
  let shown: Choice[] = [];

  const finish = () => {
    if (JSON.stringify(chosen) !== before) changed(chosen);
  };
  const close = popup(anchor, panel, finish);

  const choose = (value: string) => {
    if (!list.multi) {
      chosen = chosen[0] === value && list.clearable ? [] : [value];
      close(true);
      return;
    }
    if (specials.has(value)) chosen = chosen.includes(value) ? [] : [value];
    else {
      chosen = chosen.filter((other) => !specials.has(other));
      chosen = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
      if (list.limit && chosen.length > list.limit) chosen = chosen.slice(-list.limit);
    }
    draw();
  };
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = all.filter((choice) => !wanted || choice.l.toLowerCase().includes(wanted) || choice.v.toLowerCase().includes(wanted));
    shown = found.slice(0, SHOWN);
    if (list.custom && search.value.trim() && !all.some((choice) => choice.v === search.value.trim()))
      shown = [{ v: search.value.trim(), l: `Use “${search.value.trim()}”` }, ...shown];
    const everything = chosen.some((value) => value === "value::all");
    let group = "";
    box.replaceChildren();
    shown.forEach((choice, index) => {
      if (choice.g && choice.g !== group) {
        group = choice.g;
        box.append(h("div", { class: "wb-option-group", role: "presentation" }, group));
      }
      const on = chosen.includes(choice.v) || (everything && list.multi);
      box.append(h("div", {
        class: `wb-option${index === active ? " is-active" : ""}${specials.has(choice.v) ? " is-special" : ""}`, role: "option", id: `${id}-${index}`,
        "aria-selected": String(on), title: choice.l,
        onclick: () => choose(choice.v), onpointermove: () => mark(index),
      }, h("span", { class: list.multi ? "wb-box" : "wb-tick" }, on ? icon("check") : null), h("span", { class: "wb-option-text" }, choice.l || "(empty)")));
    });
    if (!shown.length) box.append(h("div", { class: "wb-option-none" }, all.length ? "Nothing matches." : "There is nothing to choose from."));
    count.textContent = found.length > SHOWN ? `${SHOWN} of ${found.length} shown. Type to narrow.` : list.multi && all.length > 8 && !everything ? `${chosen.length} chosen` : "";
    count.hidden = !count.textContent;
    mark(Math.min(active, shown.length - 1));
  };
  const mark = (index: number) => {
    active = index;
    [...box.querySelectorAll(".wb-option")].forEach((option, at) => option.classList.toggle("is-active", at === index));
    const target = panel.contains(search) ? search : box;
    if (index >= 0) target.setAttribute("aria-activedescendant", `${id}-${index}`);
  };
  panel.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (shown.length) mark((active + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length);
      box.querySelector(".is-active")?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" || (event.key === " " && document.activeElement !== search)) {
      event.preventDefault();
      const choice = shown[active] ?? (search.value && shown.length === 1 ? shown[0] : undefined);
      if (choice) choose(choice.v);
      else close(true);
    } else if (event.key === "Tab") close(false);
  });
  search.addEventListener("input", () => { active = 0; draw(); });
  active = Math.max(0, shown.length ? 0 : all.findIndex((choice) => chosen.includes(choice.v)));
  draw();
  box.tabIndex = 0;
  (panel.contains(search) ? search : box).focus();
}
