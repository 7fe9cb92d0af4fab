/** A links item: tabs, buttons, lists and navigation bars. */
import { h, icon } from "./dom";
import { save } from "./frame";
import { drawing } from "./tiles";

export type Link = {
  label: string; action: "set" | "step" | "url" | "open" | "file" | "none"; selected: boolean; url?: string; step?: string; enabled: boolean;
  before?: string; after?: string; look?: string; hint?: string; width?: string; icon?: string;
  file?: { name: string; mime: string; base64: string };
};
export type Links = { style: string; big?: boolean; folds?: boolean; links: Link[] };

/** Draws the links; `pick` sends the position of a link that Python must act on. */
export function drawLinks(root: HTMLElement, data: Links, pick: (index: number) => void): void {
  if (data.style === "tabs") {
    root.replaceChildren(tabs(data, pick));
    return;
  }
  const tag = data.style === "list" || data.style === "bullets" ? "ul" : "div";
  const list = h(tag, { class: `wb-links is-${data.style || "bullets"}` });
  data.links.forEach((link, index) => list.append(h(tag === "ul" ? "li" : "span", { class: "wb-link-item" },
    link.before ? h("span", {}, `${link.before} `) : null, single(link, index, pick), link.after ? h("span", {}, ` ${link.after}`) : null)));
  root.replaceChildren(list);
}

function single(link: Link, index: number, pick: (index: number) => void): HTMLElement {
  const look = link.look === "primary" ? "wb-button is-primary" : link.look === "secondary" ? "wb-button" : "wb-link";
  if (link.action === "none") return h("span", { class: "wb-link is-inert", title: link.hint ?? "" }, ...face(link));
  if (link.action === "url") return h("a", { class: look, href: link.url, target: "_blank", rel: "noopener noreferrer" }, ...face(link));
  return h("button", {
    type: "button", class: look, disabled: !link.enabled, "data-focus": `link/${index}`,
    onclick: () => {
      if (link.action === "step" && link.step) scrollToStep(link.step);
      else if (link.action === "file" && link.file) save(link.file);
      else pick(index);
    },
  }, ...face(link));
}

/** A link's icon, where it has a known one, and its text. */
function face(link: Link): (Node | string)[] {
  return [...(link.icon ? [drawing(link.icon)] : []), link.label];
}

function scrollToStep(step: string): void {
  document.querySelector(`.st-key-${CSS.escape(step)}`)?.scrollIntoView({ behavior: "smooth", block: "start" });
}

function tabs(data: Links, pick: (index: number) => void): HTMLElement {
  const bar = h("div", { class: `wb-tabs${data.big ? " is-big" : ""}`, role: "tablist" });
  data.links.forEach((link, index) => bar.append(h("button", {
    type: "button", role: "tab", class: "wb-tab", "aria-selected": String(link.selected), tabindex: link.selected ? "0" : "-1", disabled: !link.enabled,
    "data-focus": `link/${index}`, onclick: () => {
      if (link.selected && !data.folds) return;
      for (const other of bar.querySelectorAll(".wb-tab")) other.setAttribute("aria-selected", "false");
      bar.children[index].setAttribute("aria-selected", String(!link.selected));
      pick(index);
    },
    style: link.width && /^\d{1,4}(px|ch|%)$/.test(link.width) ? `width:${link.width}` : null,
  }, link.label)));
  if (!data.links.some((link) => link.selected)) bar.firstElementChild?.setAttribute("tabindex", "0");
  bar.addEventListener("keydown", (event) => {
    const all = [...bar.querySelectorAll<HTMLElement>(".wb-tab")];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[(next + all.length) % all.length].focus();
  });
  return bar;
}

/** The head of an expandable group. */
export function drawFold(root: HTMLElement, data: { title: string; closed: boolean }, toggle: () => void): void {
  root.replaceChildren(h("h2", { class: "wb-section" }, h("button", {
    type: "button", class: `wb-fold${data.closed ? "" : " is-open"}`, "aria-expanded": String(!data.closed), "data-focus": "fold", onclick: toggle,
  }, icon("chevron"), data.title)));
}
