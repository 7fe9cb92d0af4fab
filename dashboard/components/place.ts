/** The element with the class `name` that a component has in the place where it is mounted: made by the first mount there, and
 *  the same one in each later. */
export function placeIn(parent: HTMLElement, name: string): HTMLElement {
  const known = parent.querySelector<HTMLElement>(`:scope > .${name}`);
  if (known) return known;
  const made = document.createElement("div");
  made.className = name;
  parent.append(made);
  return made;
}
