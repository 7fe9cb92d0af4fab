/** A menu button: a list of actions that opens under it, walked by arrow keys. */
import { h, popup } from "./dom";

export type Entry = { id: string; label: string; hint?: string; checked?: boolean } | "-";

/** Makes `anchor` open a menu of `entries`; `chosen` gets the id of the entry that was taken. */
export function menu(anchor: HTMLElement, entries: () => Entry[], chosen: (id: string) => void): void {
  anchor.setAttribute("aria-haspopup", "menu");
  anchor.setAttribute("aria-expanded", "false");
  anchor.addEventListener("click", () => {
    const list = h("div", { class: "wb-menu", role: "menu" });
    const close = popup(anchor, list);
    for (const entry of entries()) {
      if (entry === "-") {
        list.append(h("div", { class: "wb-menu-line", role: "separator" }));
        continue;
      }
      const radio = entry.checked !== undefined;
      list.append(
        h("button", {
          type: "button", role: radio ? "menuitemradio" : "menuitem", tabindex: "-1", class: "wb-menu-entry",
          "aria-checked": radio ? String(entry.checked) : null,
          onclick: () => { close(true); chosen(entry.id); },
        }, h("span", {}, entry.label), entry.hint ? h("span", { class: "wb-menu-hint" }, entry.hint) : null),
      );
    }
    const items = [...list.querySelectorAll<HTMLElement>(".wb-menu-entry")];
    (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0])?.focus();
    list.addEventListener("keydown", (event) => {
      const at = items.indexOf(document.activeElement as HTMLElement);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
      if (event.key === "Tab") close(false);
      if (next === undefined) return;
      event.preventDefault();
      items[(next + items.length) % items.length]?.focus();
    });
  });
}
