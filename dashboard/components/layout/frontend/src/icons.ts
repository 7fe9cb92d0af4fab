/** 16 px line icons of edit mode, in the text's colour. */
import { h } from "../../../controls/frontend/src/dom";

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  undo: "M5.5 3.5L2.5 6.5l3 3M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7",
  redo: "M10.5 3.5l3 3-3 3M13.5 6.5H6a3.5 3.5 0 0 0 0 7h3",
  plus: "M8 3v10M3 8h10",
  up: "M8 13V3.5M4 7l4-4 4 4",
  down: "M8 3v9.5M4 9l4 4 4-4",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4",
  edit: "M10.5 3l2.5 2.5L6 12.5l-3 .5.5-3zM9 4.5L11.5 7",
  into: "M2.5 3.5h11v9h-11zM8 5.5v5M5.8 8.3L8 10.5l2.2-2.2",
  out: "M2.5 3.5h11v9h-11zM8 10.5v-5M5.8 7.7L8 5.5l2.2 2.2",
  group: "M2.5 2.5h11v11h-11zM5 5h6v2.2H5zM5 9h6v2H5z",
  history: "M2.5 8A5.5 5.5 0 1 0 4.3 4M2.5 3v3h3M8 5v3l2 1.3",
  save: "M3 3h8l2 2v8H3zM5.5 3v3h4V3M5.5 13V9h5v4",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  check: "M3 8.5l3 3 7-7",
  close: "M4 4l8 8M12 4l-8 8",
  chevron: "M4 6l4 4 4-4",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z",
  narrow: "M2 8h4M6 8L4 6M6 8L4 10M14 8h-4M10 8l2-2M10 8l2 2",
  wide: "M2 8h12M2 8l2-2M2 8l2 2M14 8l-2-2M14 8l-2 2",
} as const;
export type Icon = keyof typeof PATHS;

export function icon(name: Icon): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "wb-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A small button that is only an icon; `label` names it for everybody. */
export function iconButton(name: Icon, label: string, focus: string, press: () => void, more: Record<string, unknown> = {}): HTMLButtonElement {
  return h("button", { type: "button", class: "wb-tool", "aria-label": label, title: label, "data-focus": focus, onclick: press, ...more }, icon(name)) as HTMLButtonElement;
}
