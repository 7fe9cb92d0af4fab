/** The gallery: workbooks as cards with pictures, by shelf, searched as one types, with favourites and what was open last. */
import { h, icon } from "./dom";

export type Card = {
  id: string; title: string; text: string; category: string; tables: string[]; missing: string[]; origin: string; href: string;
  known: boolean; light: string; dark: string; problem?: string;
};
export type Gallery = { cards: Card[]; folder: string; actions?: { id: string; label: string; href?: string }[] };

const FAVOURITES = "watchbook-favourites";
const RECENT = "watchbook-recent";
const MOST_RECENT = 4;

/** Notes in this browser that a workbook was opened. */
export function remember(id: string): void {
  const kept = list(RECENT).filter((each) => each !== id);
  store(RECENT, [id, ...kept].slice(0, 12));
}

function list(key: string): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? found.filter((each): each is string => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function store(key: string, value: string[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch { /* a browser that keeps nothing still shows the gallery */ }
}

/** Draws the cards; `open` gets the id of the card taken, or `action:` and an action's id. */
export function drawGallery(root: HTMLElement, data: Gallery, open: (id: string) => void): void {
  const before = root.querySelector<HTMLInputElement>(".wb-search")?.value ?? "";
  let shelf = root.querySelector<HTMLElement>(".wb-shelf[aria-pressed=true]")?.dataset.shelf ?? "";
  const search = h("input", { type: "search", class: "wb-search", placeholder: "Search workbooks, tables, categories", "aria-label": "Search workbooks", value: before, "data-focus": "search" }) as HTMLInputElement;
  const found = h("span", { class: "wb-found", role: "status" });
  const body = h("div", { class: "wb-gallery" });
  const shelves = h("div", { class: "wb-shelves", role: "group", "aria-label": "Categories" });
  const good = data.cards.filter((card) => !card.problem);
  const categories = [...new Set(good.map((card) => card.category))];
  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const liked = list(FAVOURITES);
    const recent = list(RECENT).slice(0, MOST_RECENT);
    const hits = data.cards.filter((card) => {
      const text = [card.title, card.text, card.category, card.id, ...card.tables].join(" ").toLowerCase();
      return words.every((word) => text.includes(word)) && (!shelf || card.category === shelf);
    });
    found.textContent = hits.length === 1 ? "1 workbook" : `${hits.length} workbooks`;
    const section = (title: string, cards: Card[], small = false) => h("section", { "aria-label": title },
      h("h2", { class: "wb-category" }, title),
      h("div", { class: small ? "wb-cards is-small" : "wb-cards" }, ...cards.map((card) => single(card, liked.includes(card.id), small, open, draw))));
    const byId = new Map(good.map((card) => [card.id, card]));
    const pick = (ids: string[]) => ids.map((id) => byId.get(id)).filter((card): card is Card => Boolean(card));
    const sections: HTMLElement[] = [];
    if (!words.length && !shelf) {
      if (pick(liked).length) sections.push(section("Favourites", pick(liked)));
      if (pick(recent).length) sections.push(section("Opened last", pick(recent), true));
    }
    sections.push(...categories.map((category) => [category, hits.filter((card) => card.category === category && !card.problem)] as const)
      .filter(([, cards]) => cards.length).map(([category, cards]) => section(category, cards)));
    const bad = hits.filter((card) => card.problem);
    if (bad.length) sections.push(h("section", { "aria-label": "Not readable" }, h("h2", { class: "wb-category" }, "Not readable"),
      h("div", { class: "wb-cards" }, ...bad.map((card) => h("div", { class: "wb-card is-bad" }, h("h3", {}, card.title), h("p", {}, card.problem!), h("div", { class: "wb-card-foot" }, card.origin))))));
    if (!hits.length) sections.push(h("div", { class: "wb-message is-info" }, data.cards.length ? "No workbook matches the search." : `There is no workbook yet. Put a workbook's JSON file into ${data.folder}.`));
    body.replaceChildren(...sections);
    shelves.replaceChildren(...["", ...categories].map((name) => h("button", {
      type: "button", class: "wb-shelf", "aria-pressed": String(name === shelf), "data-shelf": name, "data-focus": `shelf/${name}`,
      onclick: () => { shelf = name; draw(); shelves.querySelector<HTMLElement>("[aria-pressed=true]")?.focus(); },
    }, name || "All")));
  };
  search.addEventListener("input", draw);
  draw();
  const actions = h("div", { class: "wb-gallery-actions" }, ...(data.actions ?? []).map((action) => h(action.href ? "a" : "button", {
    class: `wb-button${action.id === "new" ? " is-primary" : ""}`, href: action.href ?? false, type: action.href ? false : "button",
    onclick: (event: MouseEvent) => {
      if (action.href && (event.ctrlKey || event.metaKey || event.shiftKey || event.button)) return;
      event.preventDefault();
      open(`action:${action.id}`);
    },
  }, action.label)));
  root.replaceChildren(h("div", { class: "wb-gallery-head" }, h("h1", {}, "Workbooks"), h("div", { class: "wb-search-box" }, icon("search"), search), found, actions), shelves, body);
}

function single(card: Card, liked: boolean, small: boolean, open: (id: string) => void, again: () => void): HTMLElement {
  const rows = card.tables.length - card.missing.length;
  const state = !card.known || !card.tables.length ? "" : card.missing.length === 0 ? "Data for all tables" : rows === 0 ? "No data here" : `Data for ${rows} of ${card.tables.length} tables`;
  const tone = !card.tables.length || card.missing.length === 0 ? "is-full" : rows === 0 ? "is-none" : "is-part";
  const like = h("button", {
    type: "button", class: "wb-like", "aria-pressed": String(liked), "aria-label": `${liked ? "Remove from" : "Add to"} favourites: ${card.title}`, title: liked ? "Remove from favourites" : "Add to favourites",
    onclick: () => {
      const kept = list(FAVOURITES).filter((id) => id !== card.id);
      store(FAVOURITES, liked ? kept : [...kept, card.id]);
      again();
    },
  }, liked ? "★" : "☆");
  const picture = card.light ? h("span", { class: "wb-thumb", "aria-hidden": "true" },
    h("img", { class: "is-light", src: card.light, alt: "", loading: "lazy", width: "480", height: "280" }),
    h("img", { class: "is-dark", src: card.dark || card.light, alt: "", loading: "lazy", width: "480", height: "280" })) : null;
  const link = h("a", {
    class: "wb-card", href: card.href, onclick: (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      remember(card.id);
      open(card.id);
    },
  }, small ? null : picture, h("h3", {}, card.title), card.text && !small ? h("p", {}, card.text) : null,
  small ? null : h("div", { class: "wb-card-foot" },
    state ? h("span", { class: `wb-data ${tone}`, title: card.tables.map((table) => (card.missing.includes(table) ? `${table}: no rows` : table)).join("\n") }, state) : null,
    ...card.tables.slice(0, 3).map((table) => h("span", { class: `wb-tag${card.missing.includes(table) ? " is-missing" : ""}`, title: card.missing.includes(table) ? `${table}: no rows in the local data` : table }, table)),
    card.tables.length > 3 ? h("span", { class: "wb-tag", title: card.tables.slice(3).join(", ") }, `+${card.tables.length - 3}`) : null,
    card.origin ? h("span", { class: "wb-origin" }, card.origin) : null));
  return h("div", { class: "wb-card-box" }, link, like);
}
