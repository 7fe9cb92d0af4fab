/** The gallery: workbooks as cards, searched as one types. */
import { h, icon } from "./dom";

export type Card = { id: string; title: string; text: string; category: string; tables: string[]; missing: string[]; origin: string; href: string; problem?: string };

/** Draws the cards; `open` gets the id of the card taken. */
export function drawCards(root: HTMLElement, data: { cards: Card[]; folder: string; actions?: { id: string; label: string; href: string }[] }, open: (id: string) => void): void {
  const kept = root.querySelector<HTMLInputElement>(".wb-search")?.value ?? "";
  const search = h("input", { type: "search", class: "wb-search", placeholder: "Search workbooks, tables, categories", "aria-label": "Search workbooks", value: kept, "data-focus": "search" }) as HTMLInputElement;
  const found = h("span", { class: "wb-found", role: "status" });
  const body = h("div", { class: "wb-gallery" });
  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = data.cards.filter((card) => {
      const text = [card.title, card.text, card.category, card.id, ...card.tables].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    found.textContent = hits.length === 1 ? "1 workbook" : `${hits.length} workbooks`;
    const good = hits.filter((card) => !card.problem);
    const categories = [...new Set(good.map((card) => card.category))];
    body.replaceChildren(...categories.map((category) => h("section", { "aria-label": category },
      h("h2", { class: "wb-category" }, category),
      h("div", { class: "wb-cards" }, ...good.filter((card) => card.category === category).map((card) => draw1(card, open))))));
    const bad = hits.filter((card) => card.problem);
    if (bad.length) body.append(h("section", { "aria-label": "Not readable" }, h("h2", { class: "wb-category" }, "Not readable"),
      h("div", { class: "wb-cards" }, ...bad.map((card) => h("div", { class: "wb-card is-bad" }, h("h3", {}, card.title), h("p", {}, card.problem!), h("div", { class: "wb-card-foot" }, card.origin))))));
    if (!hits.length) body.append(h("div", { class: "wb-message is-info" }, data.cards.length ? "No workbook matches the search." : `There is no workbook yet. Put a workbook's JSON file into ${data.folder}.`));
  };
  search.addEventListener("input", draw);
  draw();
  root.replaceChildren(h("div", { class: "wb-gallery-head" }, h("h1", {}, "Workbooks"), h("div", { class: "wb-search-box" }, icon("search"), search), found, h("div", { class: "wb-gallery-actions" }, ...(data.actions ?? []).map((action) => h("a", {
    class: `wb-button${action.id === "new" ? " is-primary" : ""}`, href: action.href, onclick: (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(`action:${action.id}`);
    },
  }, action.label)))), body);
}

function draw1(card: Card, open: (id: string) => void): HTMLElement {
  const tables = card.tables.slice(0, 4);
  return h("a", {
    class: "wb-card", href: card.href, onclick: (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(card.id);
    },
  }, h("h3", {}, card.title), card.text ? h("p", {}, card.text) : null,
  h("div", { class: "wb-card-foot" },
    ...tables.map((table) => h("span", { class: `wb-tag${card.missing.includes(table) ? " is-missing" : ""}`, title: card.missing.includes(table) ? `${table}: no rows in the local data` : table }, table)),
    card.tables.length > tables.length ? h("span", { class: "wb-tag" }, `+${card.tables.length - tables.length}`) : null,
    h("span", { class: "wb-origin" }, card.origin)));
}
