/** A cell's content: text with whatever the cell has beside it. */
import { Extras, extras, Link, Table, text } from "./data";
import { colour, el, icon, share, svg } from "./dom";

export type Follow = (row: number, column: number, link: Link) => void;

/** Draws the cell of `row` and `column` into `cell`, its element, and gives what goes inside. */
export function drawCell(table: Table, row: number, column: number, cell: HTMLElement, follow: Follow): Node {
  const how = table.columns[column]!;
  const what = extras(table, row, column);
  const shown = text(table, row, column);
  cell.title = what.tip || (what.link?.kind === "inert" && String(what.link.why ?? "")) || shown;
  cell.style.backgroundColor = colour(what.bg);
  cell.style.color = colour(what.fg);
  if (what.values) return spark(what.values, how.options.style ?? "line", colour(what.color), shown, what.bounds);
  if (what.parts) return composite(what, shown);
  const content = el("span", "wb-grid-content");
  const drawn = what.icon ? icon(table.icons[what.icon]) : null;
  if (drawn) content.append(drawn);
  if (what.tags) for (const tag of what.tags) content.append(el("span", "wb-grid-tag", tag));
  else content.append(label(shown, what, () => follow(row, column, what.link!)));
  if (what.bar) {
    // Texts of one width, so that the bars of a column start and end at the same places.
    content.style.minWidth = `${Math.min(16, how.longest ?? 0)}ch`;
    return withBar(content, what.bar, Boolean(how.options.under));
  }
  if (what.span) return withSpan(content, what.span);
  return content;
}

function label(shown: string, what: Extras, open: () => void): Node {
  const link = what.link;
  if (!link || link.kind === "inert" || (!shown && !what.icon)) return el("span", "wb-grid-text", shown);
  const name = shown || "Open";
  if (link.kind === "url") {
    const href = safeAddress(String((link as { href: string }).href));
    if (!href) return el("span", "wb-grid-text", shown);
    const anchor = el("a", "wb-grid-link", name) as HTMLAnchorElement;
    anchor.href = href;
    anchor.target = "_blank";
    anchor.rel = "noopener noreferrer";
    anchor.tabIndex = -1;
    anchor.addEventListener("click", (event) => event.stopPropagation());
    return anchor;
  }
  const button = el("button", "wb-grid-link", name) as HTMLButtonElement;
  button.type = "button";
  button.tabIndex = -1;
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    open();
  });
  return button;
}

/** `href` where it is an absolute web or mail address; nothing else is ever followed. */
export function safeAddress(href: string): string | null {
  try {
    const address = new URL(href);
    return ["http:", "https:", "mailto:"].includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

function withBar(content: HTMLElement, bar: { share: number; color: string }, under: boolean): Node {
  const fill = el("span", "wb-grid-bar-fill");
  fill.style.width = `${100 * share(bar.share)}%`;
  fill.style.backgroundColor = colour(bar.color);
  if (!share(bar.share)) fill.style.minWidth = "0";
  const track = el("span", "wb-grid-bar-track", fill);
  return el("span", under ? "wb-grid-bar wb-grid-bar-under" : "wb-grid-bar", ...(under ? [content, track] : [track, content]));
}

function withSpan(content: HTMLElement, span: { start: number; width: number; color: string }): Node {
  const fill = el("span", "wb-grid-bar-fill");
  fill.style.marginLeft = `${100 * share(span.start)}%`;
  fill.style.width = `max(2px, ${100 * share(span.width)}%)`;
  fill.style.backgroundColor = colour(span.color);
  content.classList.add("wb-grid-span-text");
  return el("span", "wb-grid-bar wb-grid-span", el("span", "wb-grid-bar-track", fill), content);
}

function composite(what: Extras, shown: string): Node {
  const bar = el("span", "wb-grid-composite");
  for (const part of what.parts!) {
    const piece = el("span", "wb-grid-part");
    piece.style.width = `${100 * share(part.share)}%`;
    piece.style.backgroundColor = colour(part.color);
    if (part.label) piece.title = part.label;
    bar.append(piece);
  }
  return shown ? el("span", "wb-grid-bar wb-grid-bar-under", el("span", "wb-grid-text", shown), bar) : bar;
}

const WIDTH = 120;
const HEIGHT = 22;

/** A small chart of the values: a line, a filled area, or bars. Gaps stay gaps. `bounds` are the ends of its scale, where the author set them. */
function spark(values: (number | null)[], style: string, tint: string, shown: string, bounds?: (number | null)[]): Node {
  const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "wb-grid-spark", role: "img" });
  root.setAttribute("aria-label", shown || "Values over time");
  if (tint) root.style.color = tint;
  const known = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (!known.length) return root;
  const low = bounds?.[0] ?? Math.min(0, ...known);
  const high = bounds?.[1] ?? Math.max(0, ...known);
  const range = high - low || 1;
  const y = (value: number) => HEIGHT - 2 - share((value - low) / range) * (HEIGHT - 4);
  if (style === "bar") {
    const step = WIDTH / values.length;
    const width = Math.max(0.6, step * 0.76);
    values.forEach((value, at) => {
      if (typeof value !== "number") return;
      const top = Math.min(y(value), y(0));
      const height = Math.max(0.8, Math.abs(y(value) - y(0)));
      root.append(svg("rect", { x: (at * step + (step - width) / 2).toFixed(2), y: top.toFixed(2), width: width.toFixed(2), height: height.toFixed(2), fill: "currentColor" }));
    });
    return root;
  }
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  for (const run of runs(values)) {
    const points = run.map(([at, value]) => `${(at * step).toFixed(2)},${y(value).toFixed(2)}`);
    if (points.length === 1) points.push(`${Math.min(WIDTH, run[0]![0] * step + 2).toFixed(2)},${y(run[0]![1]).toFixed(2)}`);
    if (style === "area") {
      const ends = [run[0]![0], run[run.length - 1]![0]].map((at) => (at * step).toFixed(2));
      root.append(svg("polygon", { points: `${ends[0]},${y(0)} ${points.join(" ")} ${ends[1]},${y(0)}`, fill: "currentColor", "fill-opacity": 0.25 }));
    }
    root.append(svg("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }));
  }
  return root;
}

/** Unbroken runs of numbers with their places. */
function runs(values: (number | null)[]): [number, number][][] {
  const found: [number, number][][] = [];
  let open: [number, number][] | null = null;
  values.forEach((value, at) => {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      open = null;
      return;
    }
    if (!open) found.push((open = []));
    open.push([at, value]);
  });
  return found;
}
