/** A new workbook from nothing: a template, a table, a query, or JSON that somebody has. */
import { tell } from "../../../held";
import { h } from "../../../controls/frontend/src/dom";

type Idea = { id: string; label: string; why: string; on: boolean };
export type Wizard = {
  step: string; templates: { id: string; title: string; text: string }[]; tables: { name: string; rows: string }[]; table: string; query: string; title: string;
  times: string[]; time: string; dimensions: string[]; chosen: string[]; ideas: Idea[]; problem: string; busy: boolean;
};
type Send = (event: Record<string, unknown>) => void;

/** Draws the wizard. Events: {do: "step" | "template" | "table" | "query" | "dimension" | "time" | "idea" | "title" | "make" | "paste", value}. */
export function drawWizard(root: HTMLElement, data: Wizard, send: Send): void {
  const tabs = h("div", { class: "wb-tabs", role: "tablist", "aria-label": "Begin with" }, ...[["table", "A table"], ["query", "A query"], ["template", "A template"], ["paste", "JSON or a file"]].map(([id, label]) =>
    h("button", { type: "button", class: "wb-tab", role: "tab", "aria-selected": String(data.step === id), "data-focus": `tab-${id}`, onclick: () => send({ do: "step", value: id }) }, label)));
  const body = h("div", { class: "wb-wizard-body" });
  if (data.step === "template") body.append(h("div", { class: "wb-cards" }, ...data.templates.map((each) => h("button", { type: "button", class: "wb-card", "data-focus": each.id, onclick: () => send({ do: "template", value: each.id }) }, h("h3", {}, each.title), h("p", {}, each.text)))));
  else if (data.step === "table") body.append(tables(data, send, kept(root, "wizard-search")));
  else if (data.step === "query") {
    const area = h("textarea", { class: "wb-input is-code", rows: 8, "aria-label": "KQL query", "data-focus": "wizard-query", value: kept(root, "wizard-query") || data.query, spellcheck: "false", placeholder: "SecurityAlert | summarize Alerts = count() by bin(TimeGenerated, 1d), AlertSeverity" }) as HTMLTextAreaElement;
    const look = () => send({ do: "query", value: area.value });
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      tell(area);
      look();
    });
    body.append(area, h("div", { class: "wb-edit-acts" }, h("button", { type: "button", class: "wb-button", onclick: look }, "Look at its columns")));
  } else {
    const area = h("textarea", { class: "wb-input is-code", rows: 12, "aria-label": "Workbook JSON", "data-focus": "wizard-json", value: kept(root, "wizard-json"), spellcheck: "false", placeholder: "Paste a gallery template, or an ARM template with serializedData" }) as HTMLTextAreaElement;
    body.append(area, h("div", { class: "wb-edit-acts" }, h("button", { type: "button", class: "wb-button is-primary", "data-focus": "paste", onclick: () => send({ do: "paste", value: area.value }) }, "Import what is pasted")));
  }
  if (data.problem) body.append(h("div", { class: "wb-message is-error", role: "alert" }, h("p", {}, data.problem)));
  if (data.ideas.length && (data.step === "table" || data.step === "query")) body.append(ideas(data, send));
  root.replaceChildren(h("div", { class: "wb-wizard" }, tabs, body));
}

function kept(root: HTMLElement, name: string): string {
  return root.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[data-focus=${name}]`)?.value ?? "";
}

function tables(data: Wizard, send: Send, searched: string): HTMLElement {
  const search = h("input", { type: "search", class: "wb-search", placeholder: "Search tables", "aria-label": "Search tables", value: searched, "data-focus": "wizard-search" }) as HTMLInputElement;
  const list = h("div", { class: "wb-wizard-tables", role: "group", "aria-label": "Tables" });
  const fill = () => list.replaceChildren(...data.tables.filter((table) => table.name.toLowerCase().includes(search.value.toLowerCase())).map((table) => h("button", {
    type: "button", class: `wb-button${table.name === data.table ? " is-primary" : ""}`, "aria-pressed": String(table.name === data.table), "data-focus": `table ${table.name}`, onclick: () => send({ do: "table", value: table.name }),
  }, table.name, h("span", { class: "wb-menu-hint" }, table.rows))));
  search.addEventListener("input", fill);
  fill();
  setTimeout(() => {
    const chosen = list.querySelector<HTMLElement>(".is-primary");
    if (chosen) list.scrollTop = chosen.offsetTop - list.offsetTop - 40;
  }, 0);
  return h("div", {}, search, list);
}

function ideas(data: Wizard, send: Send): HTMLElement {
  const title = h("input", { type: "text", class: "wb-input", value: data.title, "data-focus": "wizard-title", maxlength: 120 }) as HTMLInputElement;
  title.addEventListener("change", () => send({ do: "title", value: title.value }));
  const time = h("select", { class: "wb-input", "data-focus": "wizard-time" }, ...data.times.map((name) => h("option", { value: name }, name)), h("option", { value: "" }, "No time")) as HTMLSelectElement;
  time.value = data.time;
  time.addEventListener("change", () => send({ do: "time", value: time.value }));
  const check = (what: string, id: string, label: string, on: boolean, why = "") => h("label", { class: "wb-wizard-idea" },
    h("input", { type: "checkbox", checked: on, "data-focus": `${what} ${id}`, onchange: (event: Event) => send({ do: what, value: id, on: (event.target as HTMLInputElement).checked }) }),
    h("span", {}, label), why ? h("small", {}, why) : null);
  return h("div", { class: "wb-wizard-ideas" },
    h("div", { class: "wb-wizard-make" }, h("label", { class: "wb-dialog-field" }, h("span", {}, "Title"), title), h("label", { class: "wb-dialog-field" }, h("span", {}, "Time"), time),
      h("button", { type: "button", class: "wb-button is-primary", "data-focus": "make", disabled: data.busy, onclick: () => send({ do: "make", value: title.value }) }, "Make the workbook")),
    h("fieldset", {}, h("legend", {}, "Filters and dimensions"), ...data.dimensions.map((name) => check("dimension", name, name, data.chosen.includes(name)))),
    h("fieldset", {}, h("legend", {}, "Parts of the workbook"), ...data.ideas.map((idea) => check("idea", idea.id, idea.label, idea.on, idea.why))));
}
