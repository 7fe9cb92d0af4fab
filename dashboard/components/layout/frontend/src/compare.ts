/** Versions of a workbook, and what differs between two: item by item, or line by line. */
import { h } from "../../../controls/frontend/src/dom";

type Setting = { name: string; before: string | null; after: string | null };
type Change = { what: "added" | "removed" | "moved" | "changed"; title: string; type: string; settings: Setting[] };
export type Difference = { title: string; items: Change[]; lines: [string, string][]; cut: number };
export type Versions = { versions: { number: number; author: string; time: string; message: string; here: boolean }[]; shown: number; difference: Difference | null; dirty: boolean };
export type Compared = { sides: Difference[]; acts: { id: string; label: string; primary?: boolean; hint?: string }[]; text: string };
type Send = (event: Record<string, unknown>) => void;

let byLines = false;

/** Draws the versions. Events: {do: "show" | "restore", value: number}. */
export function drawVersions(root: HTMLElement, data: Versions, send: Send): void {
  const list = h("ol", { class: "wb-versions", reversed: true }, ...data.versions.map((version) => h("li", { class: version.number === data.shown ? "is-selected" : "", "aria-current": version.here ? "true" : null },
    h("button", { type: "button", class: "wb-version", "aria-expanded": String(version.number === data.shown), "data-focus": `version ${version.number}`, onclick: () => send({ do: "show", value: version.number === data.shown ? 0 : version.number }) },
      h("span", { class: "wb-version-message" }, version.message), h("span", { class: "wb-version-who" }, `${version.number} · ${version.author} · ${version.time}${version.here ? " · in the file now" : ""}`)),
    version.number === data.shown && data.difference ? h("div", { class: "wb-version-body" },
      h("div", { class: "wb-edit-acts" }, h("button", { type: "button", class: "wb-button", "data-focus": "restore", onclick: () => send({ do: "restore", value: version.number }) }, version.here && !data.dirty ? "This is what is shown" : "Restore this version")),
      differ(data.difference, () => drawVersions(root, data, send))) : null)));
  root.replaceChildren(data.versions.length ? list : h("p", { class: "wb-note" }, "There is no version yet. Each save makes one."));
}

/** Draws two sides of a conflict, or one difference. Events: {do: act}. */
export function drawCompare(root: HTMLElement, data: Compared, send: Send): void {
  root.replaceChildren(h("section", { class: "wb-compare", "aria-label": "Compare" }, data.text ? h("p", {}, data.text) : null,
    h("div", { class: "wb-compare-sides" }, ...data.sides.map((side) => differ(side, () => drawCompare(root, data, send)))),
    h("div", { class: "wb-edit-acts" }, ...data.acts.map((act) => h("button", { type: "button", class: `wb-button${act.primary ? " is-primary" : ""}`, title: act.hint ?? null, "data-focus": act.id, onclick: () => send({ do: act.id }) }, act.label)))));
}

function differ(difference: Difference, again: () => void): HTMLElement {
  const pick = (lines: boolean, label: string) => h("button", { type: "button", class: "wb-segment", role: "radio", "aria-checked": String(byLines === lines), onclick: () => { byLines = lines; again(); } }, label);
  const body = byLines
    ? h("pre", { class: "wb-diff", tabindex: "0" }, ...difference.lines.map(([sign, line]) => h("div", { class: sign === "+" ? "is-added" : sign === "-" ? "is-removed" : sign === "@" ? "is-place" : "" }, sign === "@" ? line : `${sign} ${line}`)), difference.cut ? h("div", { class: "is-place" }, `… ${difference.cut} more lines`) : null)
    : h("ul", { class: "wb-changes" }, ...difference.items.map((change) => h("li", {},
      h("div", { class: "wb-change-head" }, h("span", { class: `wb-change is-${change.what}` }, change.what), h("span", { class: "wb-kind-tag" }, change.type), h("span", {}, change.title)),
      change.settings.length ? h("dl", {}, ...change.settings.flatMap((setting) => [h("dt", {}, setting.name), h("dd", {}, setting.before === null ? null : h("del", {}, setting.before || "(empty)"), setting.after === null ? null : h("ins", {}, setting.after || "(empty)"))])) : null)));
  const none = !difference.items.length && !difference.lines.length;
  return h("div", { class: "wb-difference" }, h("div", { class: "wb-difference-head" }, h("strong", {}, difference.title), none ? null : h("span", { class: "wb-segments", role: "radiogroup", "aria-label": "How differences are shown" }, pick(false, "Items"), pick(true, "Lines"))),
    none ? h("p", { class: "wb-note" }, "Nothing differs.") : body);
}
