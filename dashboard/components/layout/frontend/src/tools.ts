/** The tools of edit mode: undo, redo, add, versions, save; and what a person must know: a draft, a problem, somebody else. */
import { h, popup } from "../../../controls/frontend/src/dom";
import { menu } from "../../../controls/frontend/src/menu";
import { icon, iconButton } from "./icons";

type Notice = { tone: "info" | "warning" | "error" | "success"; text: string; acts?: { id: string; label: string; primary?: boolean }[] };
export type Tools = {
  title: string; state: string; undo: boolean; redo: boolean; dirty: boolean; own: boolean; author: string; copyName: string; folder: string;
  copies: number; notices: Notice[]; kinds: { id: string; label: string; hint: string }[]; panel: string;
};

type Send = (event: Record<string, unknown>) => void;
let keys: ((event: KeyboardEvent) => void) | null = null;

/** Draws the tools. Events: {do}, {do: "add", kind}, {do: "save", message, author}, {do: "copy", title, author, message}. */
export function drawTools(root: HTMLElement, data: Tools, send: Send): void {
  const undo = iconButton("undo", "Undo (Ctrl+Z)", "undo", () => send({ do: "undo" }), { disabled: !data.undo });
  const redo = iconButton("redo", "Redo (Ctrl+Shift+Z)", "redo", () => send({ do: "redo" }), { disabled: !data.redo });
  const add = h("button", { type: "button", class: "wb-button", "data-focus": "add" }, icon("plus"), "Add", icon("chevron"));
  menu(add, () => data.kinds.map((kind) => ({ id: kind.id, label: kind.label, hint: kind.hint })), (kind) => send({ do: "add", kind }));
  const panel = (id: string, label: string) => h("button", {
    type: "button", class: `wb-button wb-panel-button${data.panel === id ? " is-on" : ""}`, "aria-pressed": String(data.panel === id), "data-focus": `panel-${id}`,
    onclick: () => send({ do: "panel", value: data.panel === id ? "" : id }),
  }, label);
  const save = h("button", { type: "button", class: "wb-button is-primary", "data-focus": "save", "aria-haspopup": "dialog", disabled: data.own && !data.dirty, title: "Ctrl+S" }, icon("save"), data.own ? "Save" : "Save as a copy") as HTMLButtonElement;
  save.addEventListener("click", () => (data.own ? openSave(save, data, send) : openCopy(save, data, send)));
  const more = iconButton("chevron", "More: save as a copy, discard", "more", () => undefined);
  menu(more, () => [
    ...(data.own ? [{ id: "copy", label: "Save as a copy …" }] : []),
    { id: "download", label: "Download as gallery template" },
    { id: "download-arm", label: "Download as ARM template" },
    "-" as const,
    { id: "discard", label: "Discard what was changed" },
  ], (id) => (id === "copy" ? openCopy(more, data, send) : send({ do: id })));
  root.replaceChildren(
    h("div", { class: "wb-tools-bar", role: "toolbar", "aria-label": "Edit the workbook" },
      h("div", { class: "wb-tools-part" }, undo, redo, add),
      h("div", { class: "wb-tools-part wb-tools-panels", role: "group", "aria-label": "Panel" }, panel("outline", "Outline"), panel("settings", "Settings"), panel("json", "JSON"), panel("versions", "Versions")),
      h("div", { class: "wb-tools-state", role: "status" }, data.state),
      h("div", { class: "wb-tools-part" }, save, more, h("button", { type: "button", class: "wb-button", "data-focus": "done", onclick: () => send({ do: "done" }) }, icon("eye"), "Done")),
    ),
    ...data.notices.map((notice) => h("div", { class: `wb-message is-${notice.tone} wb-edit-notice`, role: notice.tone === "error" ? "alert" : "status" },
      h("p", {}, notice.text),
      notice.acts?.length ? h("div", { class: "wb-edit-acts" }, ...notice.acts.map((act) => h("button", { type: "button", class: `wb-button${act.primary ? " is-primary" : ""}`, "data-focus": act.id, onclick: () => send({ do: act.id }) }, act.label))) : null)),
  );
  if (keys) document.removeEventListener("keydown", keys, true);
  keys = (event) => {
    if (!root.isConnected) { document.removeEventListener("keydown", keys!, true); return; }
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const at = event.target as HTMLElement;
    const typing = at.matches?.("input:not([type=checkbox]), textarea, [contenteditable=true]") || at.closest?.(".monaco-editor");
    const key = event.key.toLowerCase();
    if (key === "s") {
      event.preventDefault();
      // What stands in a field counts once the field is left.
      if (typing) at.blur();
      setTimeout(() => root.querySelector<HTMLButtonElement>("[data-focus=save]")?.click(), typing ? 400 : 0);
    } else if (key === "z" && !typing) {
      event.preventDefault();
      send({ do: event.shiftKey ? "redo" : "undo" });
    } else if (key === "y" && !typing) {
      event.preventDefault();
      send({ do: "redo" });
    }
  };
  document.addEventListener("keydown", keys, true);
}

function dialog(anchor: HTMLElement, title: string, fields: HTMLElement[], button: string, press: () => boolean): void {
  const go = () => { if (press()) close(true); };
  const form = h("form", { class: "wb-dialog", role: "dialog", "aria-label": title, onsubmit: (event: Event) => { event.preventDefault(); go(); } },
    h("strong", {}, title), ...fields,
    h("div", { class: "wb-dialog-foot" }, h("button", { type: "button", class: "wb-button", onclick: () => close(true) }, "Cancel"), h("button", { type: "submit", class: "wb-button is-primary" }, button)));
  const close = popup(anchor, form);
  form.querySelector<HTMLInputElement>("input")?.focus();
}

const field = (label: string, input: HTMLElement, help = "") => h("label", { class: "wb-dialog-field" }, h("span", {}, label), input, help ? h("small", {}, help) : null);
const entry = (value: string, more: Record<string, unknown> = {}) => h("input", { class: "wb-input", type: "text", value, maxlength: 200, ...more }) as HTMLInputElement;

function openSave(anchor: HTMLElement, data: Tools, send: Send): void {
  const message = entry("", { placeholder: "What changed, and why (may stay empty)" });
  const author = entry(data.author);
  dialog(anchor, "Save a version", [field("Message", message), field("Your name", author)], "Save", () => {
    send({ do: "save", message: message.value, author: author.value });
    return true;
  });
}

function openCopy(anchor: HTMLElement, data: Tools, send: Send): void {
  const title = entry(data.copyName, { required: true });
  const author = entry(data.author);
  dialog(anchor, "Save as a copy", [field("Title", title, `The file goes into ${data.folder}. A / in the title makes a folder.`), field("Your name", author)], "Save the copy", () => {
    if (!title.value.trim()) { title.focus(); return false; }
    send({ do: "copy", title: title.value, author: author.value });
    return true;
  });
}
