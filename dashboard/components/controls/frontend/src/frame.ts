/** The head of an item: its title, notices and the menu of what can be done with it. */
import { exportChart } from "./chart";
import { h, icon } from "./dom";
import { Entry, menu } from "./menu";

export type Download = { id: string; name: string; mime: string; base64: string };
export type Frame = { title: string; level: number; entries: Entry[]; note?: string; noteHint?: string; download?: Download | null; copy?: { id: string; text: string } | null; file: string; told?: { id: string; text: string } | null };

const CHART_ONLY = new Set(["png", "svg", "html", "pdf"]);
const SHOWN = /^shown:/;
const LOCAL = new Set(["full", "png", "svg"]);
const seen = new Set<string>();

/** Draws the head; `act` sends the id of an action that Python must take. */
export function drawFrame(root: HTMLElement, data: Frame, act: (id: string) => void): void {
  const button = h("button", { type: "button", class: "wb-more", "aria-label": `Actions of ${data.title || "this part"}`, title: "Actions", "data-focus": "menu" }, icon("more"));
  const item = () => root.closest<HTMLElement>("[class*='st-key-wi']");
  const offered = () => {
    const chart = item()?.querySelector(".wb-chart");
    const grid = item()?.querySelector(".wb-grid");
    return data.entries.filter((entry) => entry === "-" || ((chart || !CHART_ONLY.has(entry.id)) && (grid || !SHOWN.test(entry.id))));
  };
  menu(button, offered, (id) => {
    if (SHOWN.test(id)) {
      // The grid knows which rows its filter left, and in which order.
      const asked = new CustomEvent("watchbook-shown", { detail: { rows: null as number[] | null } });
      item()?.querySelector(".wb-grid")?.dispatchEvent(asked);
      act(asked.detail.rows ? `${id}:${asked.detail.rows.join(",")}` : id.split(":")[1]);
    } else if (!LOCAL.has(id)) act(id);
    else if (id === "full") toggleFull(item(), data.title);
    else exportChart(item(), id as "png" | "svg", data.file, say);
  });
  const status = h("span", { class: "wb-status", role: "status" });
  const say = (text: string) => {
    status.textContent = text;
    window.setTimeout(() => { status.textContent = ""; }, 4000);
  };
  root.replaceChildren(h("div", { class: `wb-frame${data.title ? "" : " is-untitled"}` },
    data.title ? h(`h${data.level}`, { class: "wb-title" }, data.title) : null,
    data.note ? h("span", { class: "wb-note", title: data.noteHint ?? "" }, data.note) : null,
    status, data.entries.length ? button : null));
  if (data.download && !seen.has(data.download.id)) {
    seen.add(data.download.id);
    save(data.download);
    say(`${data.download.name} saved.`);
  }
  if (data.told && !seen.has(data.told.id)) {
    seen.add(data.told.id);
    say(data.told.text);
  }
  if (data.copy && !seen.has(data.copy.id)) {
    seen.add(data.copy.id);
    void copy(data.copy.text).then((done) => say(done ? "Copied." : "The browser did not allow copying."));
  }
}

/** Saves bytes as a file through the browser. */
export function save(file: { name: string; mime: string; base64: string }): void {
  const text = atob(file.base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  const url = URL.createObjectURL(new Blob([bytes], { type: file.mime }));
  const link = h("a", { href: url, download: file.name }) as HTMLAnchorElement;
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 60000);
}

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "wb-offscreen", value: text }) as HTMLTextAreaElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function toggleFull(item: HTMLElement | null, title: string): void {
  if (!item) return;
  const on = item.classList.toggle("wb-full");
  document.body.classList.toggle("wb-has-full", on);
  item.querySelector(".wb-full-close")?.remove();
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape") toggleFull(item, title);
  };
  if (on) {
    const close = h("button", { type: "button", class: "wb-full-close wb-button", "aria-label": "Leave full screen", onclick: () => toggleFull(item, title) }, icon("close"));
    item.append(close);
    close.focus();
    document.addEventListener("keydown", leave, { capture: true, once: true });
  }
  window.dispatchEvent(new Event("resize"));
}
