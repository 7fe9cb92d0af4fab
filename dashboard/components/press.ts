/** What a pointer is pressed on. Drawn anew under it, it would lose the click: it is drawn when the pointer is up. */
let pressed: Element | null = null;
const waiting = new Set<() => void>();

/** Whether a pointer is pressed on a part of `root`. */
export function isPressed(root: HTMLElement): boolean {
  return pressed !== null && root.contains(pressed);
}

/** Calls `act` each time a pointer has been let go and its click has been heard. */
export function onRelease(act: () => void): void {
  waiting.add(act);
}

function released(): void {
  pressed = null;
  for (const act of waiting) act();
}

// A press that opens the browser's own menu is not told when it ends.
window.addEventListener("pointerdown", ({ button, target }) => (pressed = button === 0 ? target as Element : null), true);
for (const kind of ["pointerup", "pointercancel", "contextmenu"]) window.addEventListener(kind, () => window.setTimeout(released), true);
