/** The bar on top of every page: where one is, where the data comes from, when it was read, and how it is shown. */
import { h, icon } from "./dom";
import { copy } from "./frame";
import { menu } from "./menu";
import { stamp } from "./timerange";

export type Bar = {
  pages: { id: string; label: string; href: string; here: boolean }[];
  sources?: { id: string; label: string; here: boolean; hint?: string }[];
  settings?: { id: string; label: string; href: string; here: boolean };
  refreshed?: string; utc: boolean; auto?: number; wall?: boolean; workbook?: boolean; opened?: string; running?: boolean; editing?: boolean; share?: { moving: string; fixed: string };
};

const AUTO: [number, string][] = [[0, "Off"], [30, "30 seconds"], [60, "1 minute"], [300, "5 minutes"], [900, "15 minutes"], [1800, "30 minutes"]];
type Theme = "Light" | "Dark" | "System";

/** Draws the bar; `act` sends what Python must do: {do, value}. */
export function drawBar(root: HTMLElement, data: Bar, act: (what: string, value?: unknown) => void): void {
  const app = root.closest<HTMLElement>(".stApp") ?? document.body;
  document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
  document.documentElement.classList.toggle("wb-wall", Boolean(data.wall));
  const nav = h("nav", { class: "wb-nav", "aria-label": "Pages" }, ...data.pages.map((page) => h("a", {
    class: "wb-nav-link", href: page.href, "aria-current": page.here ? "page" : null,
    onclick: (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      act("go", page.id);
    },
  }, page.label)));
  // Narrow screens show this button instead of the links; the style sheet decides.
  const current = data.pages.find((page) => page.here);
  const fold = h("button", { type: "button", class: "wb-tool wb-nav-fold", "aria-label": `Pages, now ${current?.label ?? "another"}`, "data-focus": "pages" }, icon("list"), h("span", {}, current?.label ?? "Pages"), icon("chevron"));
  menu(fold, () => data.pages.map((page) => ({ id: page.id, label: page.label, checked: page.here })), (id) => act("go", id));
  const tools = h("div", { class: "wb-tools" });
  if (data.sources?.length) {
    const here = data.sources.find((source) => source.here) ?? data.sources[0];
    const pick = tool("database", here.label, `Data source: ${here.label}`, "source");
    pick.append(icon("chevron"));
    menu(pick, () => data.sources!.map((source) => ({ id: source.id, label: source.label, hint: source.hint, checked: source.here })), (id) => act("source", id));
    tools.append(pick);
  }
  if (data.refreshed) {
    const at = new Date(data.refreshed);
    const clock = tool("clock", `${stamp(at, data.utc).slice(11)} ${data.utc ? "UTC" : "local"}`, `Last refresh ${stamp(at, data.utc)} ${data.utc ? "UTC" : "local time"}. Switch to ${data.utc ? "local time" : "UTC"}`, "utc");
    clock.addEventListener("click", () => act("utc", !data.utc));
    tools.append(clock);
  }
  if (data.workbook) {
    const cancel = tool("stop", "Cancel", "Cancel the running queries", "cancel");
    cancel.classList.add("wb-cancel");
    cancel.addEventListener("click", () => act("cancel"));
    const refresh = tool("refresh", "Refresh", "Refresh now", "refresh");
    refresh.addEventListener("click", () => act("refresh"));
    const auto = tool("chevron", data.auto ? AUTO.find(([seconds]) => seconds === data.auto)?.[1] ?? `${data.auto} s` : "", data.auto ? `Auto-refresh every ${data.auto} seconds` : "Auto-refresh is off", "auto");
    auto.classList.add("wb-split");
    menu(auto, () => AUTO.map(([seconds, label]) => ({ id: String(seconds), label: seconds ? `Every ${label}` : "Auto-refresh off", checked: seconds === (data.auto ?? 0) })), (id) => act("auto", Number(id)));
    const wall = tool("wall", "", "Wall mode: full screen, no bars", "wall");
    wall.addEventListener("click", () => {
      void document.documentElement.requestFullscreen?.().catch(() => undefined);
      act("wall", true);
    });
    const edit = tool("edit", data.editing ? "Editing" : "Edit", data.editing ? "Stop editing" : "Edit this workbook", "edit");
    edit.setAttribute("aria-pressed", String(Boolean(data.editing)));
    edit.addEventListener("click", () => act("edit"));
    const link = tool("link", "", "Copy a link to this page as it is", "link");
    menu(link, () => [
      { id: "moving", label: "Copy a link", hint: "with tab, parameters, selection" },
      { id: "fixed", label: "Copy a link to these hours", hint: "the range of time is fixed" },
    ], (id) => {
      const address = new URL(location.pathname, location.href);
      address.search = data.share?.[id as "moving" | "fixed"] ?? "";
      void copy(address.href).then((done) => {
        link.title = done ? "Copied." : "The browser did not allow copying.";
        link.classList.toggle("is-done", done);
        said.textContent = link.title;
        window.setTimeout(() => { link.classList.remove("is-done"); said.textContent = ""; }, 3000);
      });
    });
    const said = h("span", { class: "wb-tool-said", role: "status" });
    const exporting = tool("save", "", "Export this workbook", "export");
    exporting.addEventListener("click", () => act("export"));
    tools.append(edit, said, link, exporting, cancel, refresh, auto, wall);
  }
  const look = tool(getComputedStyle(app).colorScheme === "dark" ? "moon" : "sun", "", "Light or dark", "theme");
  menu(look, () => (["System", "Light", "Dark"] as Theme[]).map((theme) => ({ id: theme, label: theme === "System" ? "As the system" : theme, checked: theme === storedTheme() })), (theme) => switchTheme(theme as Theme, data));
  tools.append(look);
  if (data.settings) {
    const { id, label, href, here } = data.settings;
    tools.append(h("a", {
      class: "wb-tool", href, title: label, "aria-label": label, "aria-current": here ? "page" : null, "data-focus": "settings",
      onclick: (event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        act("go", id);
      },
    }, icon("gear")));
  }
  const brand = h("a", { class: "wb-brand", href: data.pages[0]?.href ?? "/", onclick: (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.button) return;
    event.preventDefault();
    act("go", data.pages[0]?.id);
  } }, mark(), "Watchbook");
  root.replaceChildren(h("header", { class: "wb-bar" }, brand, nav, fold, tools));
  if (data.wall) root.append(wallExit(act));
  const left = () => {
    if (!document.fullscreenElement && document.documentElement.classList.contains("wb-wall")) act("wall", false);
  };
  document.onfullscreenchange = left;
}

function wallExit(act: (what: string, value?: unknown) => void): HTMLElement {
  const leave = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else act("wall", false);
  };
  return h("button", { type: "button", class: "wb-wall-exit wb-button", onclick: leave }, icon("close"), "Leave wall mode");
}

function tool(name: Parameters<typeof icon>[0], text: string, label: string, focus: string): HTMLElement {
  return h("button", { type: "button", class: "wb-tool", "aria-label": label, title: label, "data-focus": focus }, icon(name), text ? h("span", { class: "wb-tool-text" }, text) : null);
}

function mark(): SVGElement {
  const svg = icon("check");
  svg.setAttribute("class", "wb-mark");
  svg.querySelector("path")!.setAttribute("d", "M1 4.5C3 2.2 5.4 1 8 1s5 1.2 7 3.5M2 14V9M6 14V6.5M10 14v-4M14 14V8");
  return svg;
}

/** Streamlit keeps the chosen theme by path, so it is written for every page; it is read when a page is loaded. */
function storedTheme(): Theme {
  const kept = localStorage.getItem(`stActiveTheme-${location.pathname}-v2`);
  return kept ? (JSON.parse(kept) as Theme) : "System";
}

function switchTheme(theme: Theme, data: Bar): void {
  for (const path of new Set([location.pathname, ...data.pages.flatMap((page) => [page.href, page.href.replace(/\/$/, "")]), ...["workbook", "settings"].map((name) => new URL(name, new URL(data.pages[0].href, location.href)).pathname)]))
    localStorage.setItem(`stActiveTheme-${new URL(path || "/", location.href).pathname}-v2`, JSON.stringify(theme));
  location.reload();
}
