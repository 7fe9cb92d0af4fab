/** Elements from plain values. Text is always set as text: nothing here parses HTML. */

export type Child = Node | string | null | undefined | false;
export type Attributes = Record<string, unknown>;

const SVG = "http://www.w3.org/2000/svg";

/** An element; `on…` attributes are listeners, `false`, null and undefined leave an attribute out. */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value as EventListener);
    else if (name === "value") (node as HTMLInputElement).value = String(value);
    else if (name === "checked" || name === "disabled") (node as any)[name] = Boolean(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/** A 16 px line icon drawn in the text's colour. */
export function icon(name: keyof typeof ICONS): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "wb-icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  chevron: "M4 6l4 4 4-4",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  refresh: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  search: "M11 11l3 3M12 7a5 5 0 1 1-10 0 5 5 0 0 1 10 0z",
  check: "M3 8.5l3 3 7-7",
  close: "M4 4l8 8M12 4l-8 8",
  wall: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
  clock: "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  database: "M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2",
  info: "M8 7.5V11M8 5h.01M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
  gear: "M8 5.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6zM6.8 1.8h2.4l.4 1.7 1.3.8 1.7-.5 1.2 2.1-1.3 1.2v1.8l1.3 1.2-1.2 2.1-1.7-.5-1.3.8-.4 1.7H6.8l-.4-1.7-1.3-.8-1.7.5-1.2-2.1 1.3-1.2V7.1L2.2 5.9l1.2-2.1 1.7.5 1.3-.8z",
  edit: "M10.5 3l2.5 2.5L6 12.5l-3 .5.5-3zM9 4.5L11.5 7",
  link: "M6.5 9.5a2.5 2.5 0 0 0 3.5 0l2.5-2.5a2.5 2.5 0 0 0-3.5-3.5L8 4.5M9.5 6.5a2.5 2.5 0 0 0-3.5 0L3.5 9A2.5 2.5 0 0 0 7 12.5l1-1",
  list: "M2.5 4h11M2.5 8h11M2.5 12h11",
  save: "M8 2v8M4.5 7L8 10.5 11.5 7M2.5 11.5v2h11v-2",
  stop: "M4.5 4.5h7v7h-7z",
} as const;

let open: { close: (refocus: boolean) => void } | null = null;

/**
 * Shows `content` in the browser's top layer under (or over) `anchor`, until a click elsewhere, Escape or `close`.
 * `closed` runs once afterwards; the anchor gets the focus back after Escape or a choice.
 */
export function popup(anchor: HTMLElement, content: HTMLElement, closed: () => void = () => undefined): (refocus?: boolean) => void {
  open?.close(false);
  content.setAttribute("popover", "manual");
  content.classList.add("wb-popup");
  anchor.after(content);
  (content as any).showPopover();
  anchor.setAttribute("aria-expanded", "true");
  const place = () => {
    const zoom = (content as HTMLElement & { currentCSSZoom?: number }).currentCSSZoom ?? 1;
    const at = anchor.getBoundingClientRect();
    const box = content.getBoundingClientRect();
    const below = window.innerHeight - at.bottom;
    const over = below < box.height + 12 && at.top > below;
    const top = over ? at.top - box.height - 4 : at.bottom + 4;
    content.style.top = `${Math.max(8, Math.min(top, window.innerHeight - box.height - 8)) / zoom}px`;
    content.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - box.width - 8)) / zoom}px`;
  };
  const outside = (event: Event) => {
    if (!content.contains(event.target as Node) && !anchor.contains(event.target as Node)) close(false);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    close(true);
  };
  // What opens is often filled after it is shown.
  const grown = new ResizeObserver(place);
  grown.observe(content);
  let done = false;
  const close = (refocus = true) => {
    if (done) return;
    done = true;
    open = null;
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("scroll", scrolled, true);
    window.removeEventListener("resize", place);
    grown.disconnect();
    content.removeEventListener("keydown", keys);
    anchor.setAttribute("aria-expanded", "false");
    content.remove();
    if (refocus) anchor.focus();
    closed();
  };
  const scrolled = (event: Event) => {
    if (!content.contains(event.target as Node)) place();
  };
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("scroll", scrolled, true);
  window.addEventListener("resize", place);
  content.addEventListener("keydown", keys);
  place();
  open = { close };
  return close;
}
