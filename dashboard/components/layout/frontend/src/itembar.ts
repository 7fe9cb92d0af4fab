/** The bar of one item in edit mode: what it is, and what can be done with it. */
import { h } from "../../../controls/frontend/src/dom";
import { menu } from "../../../controls/frontend/src/menu";
import { icon, iconButton } from "./icons";

export type ItemBar = {
  path: string; title: string; type: string; width: number; first: boolean; last: boolean; nested: boolean; beside: boolean; group: boolean; selected: boolean; hidden?: string;
  /** The workbook whose content a group shows; empty where it has its own. */
  template: string;
  pins: boolean;
};
/** An item that a group loaded from another workbook. */
export type Foreign = { path: string; title: string; type: string; of: string };
/** The button whose focus follows the item that it moves. */
let follow = "";
/** The selected item that was last brought into view. */
let shown = "";
const WIDTHS = [100, 75, 66, 50, 33, 25, 20];

/** Draws the bar. Events: {do: "up" | "down" | "copy" | "delete" | "select" | "nest" | "unnest" | "group" | "ungroup" | "width", path, value?}. */
export function drawItemBar(root: HTMLElement, data: ItemBar, send: (event: Record<string, unknown>) => void): void {
  const act = (what: string, value?: unknown) => {
    if (what === "up" || what === "down") follow = what;
    send({ do: what, path: data.path, value: value ?? null });
  };
  const key = (name: string) => `${name} ${data.path}`;
  const width = h("button", { type: "button", class: "wb-tool", "data-focus": key("width"), "aria-label": `Width of ${data.title}: ${data.width} %`, title: "Width" }, h("span", { class: "wb-tool-text" }, `${data.width} %`), icon("chevron"));
  menu(width, () => WIDTHS.map((each) => ({ id: String(each), label: each === 100 ? "Whole row" : `${each} %`, checked: each === Math.round(data.width) })), (id) => act("width", Number(id)));
  const open = data.template ? [{ id: "open-template", label: `Open “${data.template}”` }, { id: "own-items", label: "Copy its items into this group" }] : [];
  const pin = data.pins ? [{ id: "pin", label: "Pin to home" }] : [];
  const more = iconButton("group", `Groups and pin: ${data.title}`, key("groups"), () => undefined);
  menu(more, () => [
    ...open,
    { id: "group", label: "Put into a new group" },
    ...(data.beside ? [{ id: "nest", label: "Move into the group beside it" }] : []),
    ...(data.nested ? [{ id: "unnest", label: "Move out of its group" }] : []),
    ...(data.group && !data.template ? [{ id: "ungroup", label: "Dissolve the group" }] : []), ...pin,
  ], (id) => act(id));
  const small = iconButton("more", `More: ${data.title}`, key("more"), () => undefined, { class: "wb-tool is-narrow" });
  menu(small, () => [
    ...open,
    ...(data.first && !data.nested ? [] : [{ id: "up", label: "Move up" }]), ...(data.last && !data.nested ? [] : [{ id: "down", label: "Move down" }]), { id: "copy", label: "Duplicate" }, { id: "group", label: "Put into a new group" },
    ...(data.beside ? [{ id: "nest", label: "Move into the group beside it" }] : []), ...(data.nested ? [{ id: "unnest", label: "Move out of its group" }] : []), ...(data.group && !data.template ? [{ id: "ungroup", label: "Dissolve the group" }] : []),
    ...pin, "-" as const, { id: "delete", label: "Delete" },
  ], (id) => act(id));
  const wide = { class: "wb-tool is-wide" };
  more.className = wide.class;
  root.classList.add("wb-itembar-root");
  root.replaceChildren(h("div", { class: `wb-itembar${data.selected ? " is-selected" : ""}${data.hidden ? " is-hidden" : ""}`, role: "toolbar", "aria-label": `Edit ${data.title}` },
    h("button", { type: "button", class: "wb-itembar-name", "data-focus": key("select"), "aria-pressed": String(data.selected), title: data.hidden || "Settings", onclick: () => act("select") },
      h("span", { class: "wb-kind-tag" }, data.type), h("span", { class: "wb-itembar-title" }, data.title), data.hidden ? h("span", { class: "wb-itembar-why" }, data.hidden) : null),
    iconButton("up", `Move up: ${data.title}`, key("up"), () => act("up"), { disabled: data.first && !data.nested, ...wide }),
    iconButton("down", `Move down: ${data.title}`, key("down"), () => act("down"), { disabled: data.last && !data.nested, ...wide }),
    width, more,
    iconButton("copy", `Duplicate: ${data.title}`, key("copy"), () => act("copy"), wide),
    iconButton("trash", `Delete: ${data.title}`, key("delete"), () => act("delete"), wide),
    iconButton("edit", `Settings: ${data.title}`, key("settings"), () => act("select"), wide),
    small));
  if (data.selected && shown !== data.path) {
    shown = data.path;
    const phone = matchMedia("(max-width: 720px)").matches;
    setTimeout(() => root.scrollIntoView({ block: phone ? "start" : "nearest" }), 60);
  }
  if (follow && data.selected) {
    const button = root.querySelector<HTMLButtonElement>(`[data-focus="${CSS.escape(key(follow))}"]`);
    follow = "";
    setTimeout(() => button?.focus(), 0);
  }
}

/** Draws the bar of an item that belongs to another workbook. Event: {do: "open-template", path}. */
export function drawForeign(root: HTMLElement, data: Foreign, send: (event: Record<string, unknown>) => void): void {
  root.classList.add("wb-itembar-root");
  root.replaceChildren(h("div", { class: "wb-itembar is-foreign", role: "group", "aria-label": `${data.title}, of ${data.of}` },
    h("span", { class: "wb-itembar-name" }, h("span", { class: "wb-kind-tag" }, data.type), h("span", { class: "wb-itembar-title" }, data.title), h("span", { class: "wb-itembar-why" }, `belongs to “${data.of}”`)),
    iconButton("edit", `Open ${data.of}`, `open ${data.path}`, () => send({ do: "open-template", path: data.path }))));
}
