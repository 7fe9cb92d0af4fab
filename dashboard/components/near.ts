/** When a chart or grid is worth drawing: as soon as it comes near the screen, one at a time, so that a page of many answers
 *  to its reader between two of them. What is printed is drawn at once, wherever it is. `data-state` of its element tells
 *  how far it is: `due` at first, `far` from the screen, `waiting` for its turn, `drawn`. What a far one showed before is old
 *  and hidden. */
import { fail } from "./place";
import { isPressed, onRelease } from "./press";

export type Drawable = { readonly root: HTMLElement; draw: () => void };

/** The class of a part that a reader opened to the whole window. */
export const FULL = ".wb-full";
const AHEAD = "100%";
const waiting = new Set<Drawable>();
const known = new Map<Element, Drawable>();
const watchers = new Map<Element | null, IntersectionObserver>();
const channel = new MessageChannel();
let running = false;

/** Draws it when it is near the screen, and again for each call. */
export function drawWhenNear(one: Drawable): void {
  forget(one);
  if (one.root.closest(FULL)) {
    wait(one); // it fills the screen, outside of the box that scrolls
    return;
  }
  known.set(one.root, one);
  say(one, "due");
  watcherOf(one.root).observe(one.root);
}

export function forget(one: Drawable): void {
  known.delete(one.root);
  waiting.delete(one);
  for (const watcher of watchers.values()) watcher.unobserve(one.root);
}

function watcherOf(root: HTMLElement): IntersectionObserver {
  // What lies outside of a box that scrolls counts as unseen, whatever the margin, unless that box is the one watched.
  const scroller = root.closest(".stMain");
  for (const old of watchers.keys()) if (old && !old.isConnected) watchers.delete(old);
  const watcher = watchers.get(scroller) ?? new IntersectionObserver(seen, { root: scroller, rootMargin: `${AHEAD} 0px` });
  watchers.set(scroller, watcher);
  return watcher;
}

function seen(entries: IntersectionObserverEntry[], watcher: IntersectionObserver): void {
  for (const { target, isIntersecting } of entries) {
    const one = known.get(target);
    if (!one) continue;
    if (!isIntersecting) {
      say(one, "far");
      continue;
    }
    watcher.unobserve(target);
    known.delete(target);
    wait(one);
  }
}

function wait(one: Drawable): void {
  say(one, "waiting");
  waiting.add(one);
  goOn();
}

function goOn(): void {
  if (running) return;
  running = true;
  channel.port2.postMessage(null);
}

channel.port1.onmessage = () => {
  const free = [...waiting].filter(({ root }) => !isPressed(root));
  const [next] = free.sort((one, other) => away(one) - away(other));
  running = false;
  if (!next) return;
  waiting.delete(next);
  drawn(next);
  goOn();
};

onRelease(goOn);

/** How far from the screen: what a reader sees comes first. */
function away({ root }: Drawable): number {
  const { top, bottom } = root.getBoundingClientRect();
  return Math.max(0, top - window.innerHeight, -bottom);
}

function say({ root }: Drawable, state: "due" | "far" | "waiting" | "drawn"): void {
  root.dataset.state = state;
  for (const part of root.children as HTMLCollectionOf<HTMLElement>) part.style.visibility = state === "far" ? "hidden" : "";
}

function drawAll(): void {
  const all = new Set([...waiting, ...known.values()]);
  waiting.clear();
  for (const one of all) {
    forget(one);
    drawn(one);
  }
}

function drawn(one: Drawable): void {
  try {
    one.draw();
  } catch (problem) {
    fail(one.root, problem);
  }
  say(one, "drawn");
}

window.addEventListener("beforeprint", drawAll);
window.matchMedia("print").addEventListener("change", ({ matches }) => matches && drawAll());
