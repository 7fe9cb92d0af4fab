/** Controls are drawn whole on each change: not while a reader is in the middle of something there, with a pointer pressed, a
 *  menu open or a text not yet told, but as soon as that has ended. */
import { isPressed, onRelease } from "./press";

const held = new Map<HTMLElement, () => void>();
let typing: Element | null = null;

/** Draws into `root` now or when its reader is done; of several drawings that are held the newest one alone. The focus stays on
 *  what has the same `data-focus`. */
export function drawWhenFree(root: HTMLElement, draw: () => void, focusing: FocusOptions = {}): void {
  held.set(root, () => {
    const focused = root.contains(document.activeElement) ? document.activeElement?.getAttribute("data-focus") : null;
    draw();
    if (focused) root.querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus(focusing);
  });
  drawFree();
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

function told(): void {
  typing = null;
  window.setTimeout(drawFree);
}

window.addEventListener("input", ({ target }) => (typing = target as Element), true);
window.addEventListener("change", told, true);
window.addEventListener("focusout", told, true);
window.addEventListener("keyup", () => window.setTimeout(drawFree), true); // a menu was closed
onRelease(drawFree);
