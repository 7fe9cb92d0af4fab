/** Tiles: one card a row of the result, selectable by click and keyboard. */
import { h } from "./dom";

export type Slot = {
  t: string; kind?: string; big?: boolean; font?: string; unit?: string; color?: string; bg?: string; fg?: string; tip?: string; icon?: string; tags?: string[];
  bar?: { share: number; color?: string }; values?: (number | null)[]; bounds?: (number | null)[]; parts?: { share: number; color: string; label: string }[]; style?: string; href?: string; follow?: boolean;
} | null;
export type Tile = { title: Slot; subtitle: Slot; left: Slot; right: Slot; secondary: Slot; row: number };
export type Tiles = { tiles: Tile[]; border: boolean; size: string; selectable: "none" | "one" | "many"; selected: number[]; label: string };

type Follow = (slot: string) => void;

/** Draws the tiles; `select` gets the rows selected after a click, `follow` the row and slot of a link. */
export function drawTiles(root: HTMLElement, data: Tiles, select: (rows: number[]) => void, follow: (row: number, slot: string) => void): void {
  const box = h("div", { class: `wb-tiles is-${data.size}${data.border ? " has-border" : ""}`, role: data.selectable === "none" ? "list" : "group", "aria-label": data.label });
  const chosen = new Set(data.selected);
  for (const tile of data.tiles) {
    const open: Follow = (name) => follow(tile.row, name);
    const body = [
      tile.title || tile.subtitle ? h("div", { class: "wb-tile-head" }, slot(tile.title, "title", open), slot(tile.subtitle, "subtitle", open)) : null,
      tile.left || tile.right ? h("div", { class: "wb-tile-main" }, slot(tile.left, "left", open), slot(tile.right, "right", open)) : null,
      slot(tile.secondary, "secondary", open),
    ];
    if (data.selectable === "none") {
      box.append(h("div", { class: "wb-tile", role: "listitem" }, ...body));
      continue;
    }
    const on = chosen.has(tile.row);
    const press = () => {
      const others = data.selectable === "many" ? [...chosen].filter((row) => row !== tile.row) : [];
      select(on ? others : [...others, tile.row]);
    };
    // No <button>: a tile may hold links of its own.
    box.append(h("div", {
      role: "button", tabindex: "0", class: "wb-tile", "aria-pressed": String(on), "data-focus": `tile/${tile.row}`,
      onclick: press,
      onkeydown: (event: KeyboardEvent) => {
        if (event.target !== event.currentTarget || (event.key !== "Enter" && event.key !== " ")) return;
        event.preventDefault();
        press();
      },
    }, ...body));
  }
  root.replaceChildren(box);
}

function slot(value: Slot, name: string, open: Follow): HTMLElement | null {
  if (!value) return null;
  const node = h("div", { class: `wb-tile-${name}${value.big ? " is-big" : ""}${value.font ? ` is-${value.font}` : ""}`, title: value.tip ?? null });
  if (value.color) node.style.setProperty("--slot", value.color);
  if (value.bg) { node.style.background = value.bg; node.classList.add("has-ground"); }
  if (value.fg) node.style.color = value.fg;
  if (value.icon) node.append(drawing(value.icon));
  const numbers = (value.values ?? []).filter((number): number is number => typeof number === "number");
  if (numbers.length > 1) node.append(spark(numbers, value.t, value.style, value.bounds));
  else if (value.tags?.length) node.append(...value.tags.map((tag) => h("span", { class: "wb-tag" }, tag)));
  else if (value.href) node.append(h("a", { href: value.href, target: "_blank", rel: "noopener noreferrer", class: "wb-link", onclick: stay }, value.t));
  else if (value.follow) node.append(h("button", { type: "button", class: "wb-link", onclick: (event: Event) => { stay(event); open(name); } }, value.t || "Open"));
  else node.append(h("span", { class: "wb-slot-text", title: value.tip ?? value.t }, value.t));
  if (value.unit) node.append(h("span", { class: "wb-slot-unit" }, value.unit));
  if (value.bar) {
    const bar = h("div", { class: "wb-slot-bar" });
    bar.style.width = `${Math.max(0, Math.min(1, value.bar.share)) * 100}%`;
    if (value.bar.color) bar.style.background = value.bar.color;
    node.append(bar);
  }
  if (value.parts?.length) {
    const bar = h("div", { class: "wb-slot-parts" });
    for (const part of value.parts) {
      const piece = h("span", { title: part.label });
      piece.style.width = `${Math.max(0, Math.min(1, part.share)) * 100}%`;
      piece.style.background = part.color;
      bar.append(piece);
    }
    node.append(bar);
  }
  return node;
}

const stay = (event: Event) => event.stopPropagation();

/** One of the product's own icons; the only markup that is parsed, and it comes from the product's catalogue alone. */
export function drawing(svg: string): HTMLElement {
  const holder = h("span", { class: "wb-slot-icon", "aria-hidden": "true" });
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  if (parsed.nodeName === "svg") holder.append(parsed);
  return holder;
}

/** Values as a line, an area or bars, scaled to the box, or to the `bounds` that the author set; `label` is what a screen reader says. */
export function spark(values: number[], label: string, style = "line", bounds: (number | null)[] = []): SVGElement {
  const make = (name: string, attributes: Record<string, string>) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, text] of Object.entries(attributes)) node.setAttribute(key, text);
    return node as SVGElement;
  };
  const low = bounds[0] ?? Math.min(0, ...values);
  const span = (bounds[1] ?? Math.max(...values)) - low || 1;
  const y = (value: number) => 22 - Math.max(0, Math.min(1, (value - low) / span)) * 20;
  const svg = make("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", class: "wb-spark", role: "img", "aria-label": label || `Trend of ${values.length} values` });
  if (style === "bar") {
    const width = 100 / values.length;
    values.forEach((value, at) => svg.append(make("rect", { x: (at * width).toFixed(2), width: (width * 0.8).toFixed(2), y: y(value).toFixed(2), height: (23 - y(value)).toFixed(2) })));
    return svg;
  }
  const points = values.map((value, at) => `${((at / (values.length - 1)) * 100).toFixed(2)},${y(value).toFixed(2)}`).join(" ");
  if (style === "area") svg.append(make("polygon", { points: `0,23 ${points} 100,23` }));
  svg.append(make("polyline", { points }));
  return svg;
}
