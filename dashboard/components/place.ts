/** The place where a component is mounted, and what stands there. */

/** The element with the class `name` that a component has in its place: made by the first mount there, and the same one in each
 *  later. */
export function placeIn(parent: HTMLElement, name: string): HTMLElement {
  const known = parent.querySelector<HTMLElement>(`:scope > .${name}`);
  if (known) return known;
  const made = document.createElement("div");
  made.className = name;
  parent.append(made);
  return made;
}

/** What stands in the element: it shows the data of each mount, until it ends. */
export type Part<M> = { show: (mount: M) => void | Promise<void>; end: () => void };

/** The mounting function of a component that has one element, with the class `name`, in each place it is mounted. */
export function mounting<M extends { parentElement: HTMLElement }>(name: string, make: (root: HTMLElement) => Part<M>): (given: M) => () => void {
  const mounted = new WeakMap<HTMLElement, Part<M>>();
  return (given) => {
    const root = placeIn(given.parentElement, name);
    const one = mounted.get(root) ?? make(root);
    mounted.set(root, one);
    void (async () => one.show(given))().catch((problem: unknown) => fail(root, problem));
    return () => {
      // Streamlit ends a mount, too, when newer data overtakes it: that comes into the same element, which is still there.
      if (root.isConnected) return;
      mounted.delete(root);
      one.end();
    };
  };
}

/** Says in its place that something could not be drawn; the others go on. */
export function fail(root: HTMLElement, problem: unknown): void {
  root.textContent = "This part could not be drawn.";
  console.error("watchbook", problem);
}
