/** Controls are drawn whole on each change: not while a reader is in the middle of something there, with a pointer pressed, a
 *  menu open or a text not yet told, but as soon as that has ended. The text of a search is told at once: it is kept by what is
 *  drawn anew. */
import { isPressed, onRelease } from "./press";

const held = new Map<HTMLElement, () => void>();
let typing: Element | null = null;

/** Draws into `root` now or when its reader is done; of several drawings that are held the newest one alone. The focus and the
 *  caret stay on what has the same `data-focus`. */
export function drawWhenFree(root: HTMLElement, draw: () => void, focusing: FocusOptions = {}): void {
  held.set(root, () => {
    const before = root.contains(document.activeElement) ? document.activeElement : null;
    const name = before?.getAttribute("data-focus");
    draw();
    const after = name ? root.querySelector<HTMLElement>(`[data-focus="${CSS.escape(name)}"]`) : null;
    after?.focus(focusing);
    if (isText(before) && isText(after) && before.selectionStart !== null) after.setSelectionRange(before.selectionStart, before.selectionEnd);
  });
  drawFree();
}

/** Says that what stands in `field` is told before the field is left. */
export function tell(field: HTMLElement): void {
  field.dispatchEvent(new Event("change"));
}

function drawFree(): void {
  for (const [root, draw] of [...held]) {
    if (root.isConnected && isBusy(root)) continue;
    held.delete(root);
    if (root.isConnected) draw();
  }
}

function isBusy(root: HTMLElement): boolean {
  return isPressed(root) || (typing !== null && root.contains(typing)) || root.querySelector(":popover-open") !== null;
}

function isText(element: Element | null): element is HTMLInputElement | HTMLTextAreaElement {
  return element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
}

function told(): void {
  typing = null;
  window.setTimeout(drawFree);
}

window.addEventListener("input", ({ target }) => {
  if (!(target as Element).matches("[type=search]")) typing = target as Element;
}, true);
window.addEventListener("change", told, true);
window.addEventListener("focusout", told, true);
window.addEventListener("keyup", () => window.setTimeout(drawFree), true); // a menu was closed
onRelease(drawFree);
