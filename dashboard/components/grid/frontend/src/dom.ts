/** Elements from plain values. Text is always set as text; the one thing parsed is an icon of the product's catalogue. */

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "text"]);

export function el(tag: string, className = "", ...children: (Node | string)[]): HTMLElement {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

export function svg(tag: string, attributes: Record<string, string | number>): SVGElement {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

const parsed = new Map<string, SVGElement | null>();

/** A copy of an icon, or null where its text is not a plain drawing. */
export function icon(source: string | undefined): SVGElement | null {
  if (!source) return null;
  if (!parsed.has(source)) parsed.set(source, parseIcon(source));
  return (parsed.get(source)?.cloneNode(true) as SVGElement | undefined) ?? null;
}

function parseIcon(source: string): SVGElement | null {
  if (/\son\w+\s*=|href|url\s*\(|<!|<\?/i.test(source)) return null;
  const root = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  if (root.tagName !== "svg" || ![...root.querySelectorAll("*")].every((node) => DRAWN.has(node.tagName))) return null;
  root.setAttribute("class", "wb-grid-icon");
  return document.importNode(root, true) as unknown as SVGElement;
}

const COLOUR = /^(#[0-9a-f]{3,8}|[a-z]{3,24}|rgba?\([\d\s.,%/]{3,40}\)|var\(--[\w-]{1,40}\))$/i;

/** A colour as CSS takes it, or nothing where the text is not just a colour. */
export function colour(value: unknown): string {
  return typeof value === "string" && COLOUR.test(value) ? value : "";
}

export function share(value: unknown): number {
  const number = Number(value);
  return Number.isFinite(number) ? Math.min(1, Math.max(0, number)) : 0;
}
