/** A drawn chart as a picture: the layers of its SVG put into one, as it stands on the page. */
import { h } from "./dom";

/** Saves the chart inside `item` as PNG or SVG; `say` tells the reader how it went. */
export function exportChart(item: HTMLElement | null, format: "png" | "svg", name: string, say: (text: string) => void): void {
  const plot = item?.querySelector<HTMLElement>(".js-plotly-plot");
  const layers = plot ? [...plot.querySelectorAll<SVGSVGElement>("svg.main-svg")] : [];
  if (!plot || !layers.length) {
    say("The chart is not drawn yet.");
    return;
  }
  const { width, height } = plot.getBoundingClientRect();
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  picture.setAttribute("width", String(Math.round(width)));
  picture.setAttribute("height", String(Math.round(height)));
  picture.setAttribute("viewBox", `0 0 ${Math.round(width)} ${Math.round(height)}`);
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", background(plot));
  picture.append(ground);
  for (const layer of layers) {
    const copy = layer.cloneNode(true) as SVGSVGElement;
    copy.removeAttribute("style");
    copy.querySelectorAll(".drag, .draglayer, .zoomlayer, .hoverlayer").forEach((part) => part.remove());
    picture.append(...copy.childNodes);
  }
  const text = new XMLSerializer().serializeToString(picture);
  if (format === "svg") {
    download(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`, `${name}.svg`);
    say(`${name}.svg saved.`);
    return;
  }
  const image = new Image();
  image.onload = () => {
    const scale = Math.max(2, window.devicePixelRatio);
    const canvas = h("canvas") as HTMLCanvasElement;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    download(canvas.toDataURL("image/png"), `${name}.png`);
    say(`${name}.png saved.`);
  };
  image.onerror = () => say("The browser could not make the picture.");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

function background(node: HTMLElement): string {
  for (let at: HTMLElement | null = node; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour && colour !== "transparent" && !colour.endsWith(", 0)")) return colour;
  }
  return "#ffffff";
}

function download(href: string, name: string): void {
  const link = h("a", { href, download: name }) as HTMLAnchorElement;
  document.body.append(link);
  link.click();
  link.remove();
}
