/** The outline: every item as a block in twelve columns, dragged, resized and nested; and all of it by keyboard. */
import { GridStack, GridStackNode, GridStackWidget } from "gridstack";
import { h } from "../../../controls/frontend/src/dom";
import { iconButton } from "./icons";

export type Block = { path: string; title: string; type: string; width: number; hidden?: boolean; items?: Block[] };
export type Outline = { items: Block[]; selected: string; marked: string[] };
type Placed = { path: string; width: number | null; items: Placed[] | null };
type Send = (event: Record<string, unknown>) => void;

/** Set while an item is moved by keyboard: the focus goes where the item goes. */
let follow = false;

const COLUMNS = 12;
const CELL = 40;

/** Draws the outline. Events: {do: "arrange", value: Placed[]}, {do: "select" | "up" | "down" | "nest" | "unnest" | "narrower" | "wider" | "delete" | "copy", path}, {do: "group-marked", value: paths}. */
export function drawOutline(root: HTMLElement, data: Outline, send: Send): void {
  const blocks = new Map<string, Block>();
  const note = (items: Block[]) => items.forEach((block) => { blocks.set(block.path, block); note(block.items ?? []); });
  note(data.items);
  const marked = new Set(data.marked.filter((path) => blocks.has(path)));
  const bar = h("div", { class: "wb-outline-bar", role: "toolbar", "aria-label": "The selected item" });
  const area = h("div", { class: "wb-outline grid-stack" });
  const scrolled = root.querySelector(".wb-outline-scroll")?.scrollTop ?? 0;
  const scroll = h("div", { class: "wb-outline-scroll" }, area);
  root.replaceChildren(
    h("p", { class: "wb-note" }, "Drag to move, pull the right edge to resize. By keyboard: Alt with arrow keys moves an item and changes its width; Alt+] puts it into the group beside it, Alt+[ takes it out."),
    bar, scroll);
  drawBar();

  function drawBar(): void {
    const block = blocks.get(data.selected);
    const act = (what: string) => block && send({ do: what, path: block.path });
    const off = { disabled: !block };
    bar.replaceChildren(
      iconButton("up", "Move the selected item up", "o-up", () => act("up"), off), iconButton("down", "Move the selected item down", "o-down", () => act("down"), off),
      iconButton("narrow", "Narrower", "o-narrower", () => act("narrower"), off), iconButton("wide", "Wider", "o-wider", () => act("wider"), off),
      iconButton("into", "Into the group beside it", "o-nest", () => act("nest"), off), iconButton("out", "Out of its group", "o-unnest", () => act("unnest"), off),
      iconButton("copy", "Duplicate the selected item", "o-copy", () => act("copy"), off), iconButton("trash", "Delete the selected item", "o-delete", () => act("delete"), off),
      h("button", { type: "button", class: "wb-button", "data-focus": "o-group", disabled: marked.size < 1, onclick: () => send({ do: "group-marked", value: [...marked] }) }, marked.size ? `Group ${marked.size} marked` : "Group marked"));
  }

  let dragging = false;
  GridStack.renderCB = (content, widget) => {
    const block = blocks.get(String(widget.id));
    if (!block) return;
    content.classList.toggle("is-selected", block.path === data.selected);
    content.classList.toggle("is-hidden", Boolean(block.hidden));
    const mark = h("input", { type: "checkbox", class: "wb-block-mark", checked: marked.has(block.path), "aria-label": `Mark ${block.title}`, title: "Mark for grouping", onchange: (event: Event) => {
      if ((event.target as HTMLInputElement).checked) marked.add(block.path);
      else marked.delete(block.path);
      drawBar();
    } });
    // No button element: gridstack starts no drag on one.
    const name = h("div", {
      role: "button", tabindex: "0", class: "wb-block-name", "data-focus": `block ${block.path}`, "aria-current": block.path === data.selected ? "true" : null, title: `${block.title} · ${block.type} · ${block.width} %`,
      onclick: () => { if (!dragging) send({ do: "select", path: block.path }); },
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          send({ do: "select", path: block.path });
          return;
        }
        const what = event.altKey ? ({ ArrowUp: "up", ArrowDown: "down", ArrowLeft: "narrower", ArrowRight: "wider", "]": "nest", "[": "unnest" } as Record<string, string>)[event.key] : event.key === "Delete" ? "delete" : undefined;
        if (!what) return;
        event.preventDefault();
        follow = what !== "delete";
        send({ do: what, path: block.path });
      },
    }, h("span", { class: "wb-kind-tag" }, block.type), h("span", { class: "wb-block-title" }, block.title));
    content.append(h("div", { class: "wb-block" }, mark, name));
  };
  const options = { column: COLUMNS, cellHeight: CELL, margin: 2, float: false, acceptWidgets: true, animate: false, resizable: { handles: "e" }, alwaysShowResizeHandle: false, draggable: { cancel: "input" }, columnOpts: { breakpoints: [] } };
  const grid = GridStack.init({ ...options, children: place(data.items) } as never, area as never);
  if (!grid) return;
  scroll.scrollTop = scrolled;
  if (follow && root.isConnected) {
    follow = false;
    setTimeout(() => root.querySelector<HTMLElement>(`[data-focus="block ${CSS.escape(data.selected)}"]`)?.focus(), 0);
  }

  function place(items: Block[]): GridStackWidget[] {
    let x = 0, y = 0, row = 1, used = 0;
    return items.map((block) => {
      const w = columns(block.width);
      const h = height(block);
      if (used + block.width > 100.5 || x + w > COLUMNS) { y += row; x = 0; row = 1; used = 0; }
      const widget: GridStackWidget = { id: block.path, x, y, w, h };
      if (block.items) widget.subGridOpts = { ...options, children: place(block.items) } as never;
      x += w;
      used += block.width;
      row = Math.max(row, h);
      return widget;
    });
  }

  function height(block: Block): number {
    if (!block.items) return 1;
    const inner = place(block.items);
    return 1 + Math.max(1, ...inner.map((widget) => (widget.y ?? 0) + (widget.h ?? 1)));
  }

  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const tree = read(grid.engine.nodes);
      if (JSON.stringify(tree) !== start) send({ do: "arrange", value: tree });
    }, 60);
  };
  const read = (nodes: GridStackNode[]): Placed[] => [...nodes].sort((a, b) => (a.y ?? 0) - (b.y ?? 0) || (a.x ?? 0) - (b.x ?? 0)).map((node) => {
    const block = blocks.get(String(node.id));
    const changed = block && columns(block.width) !== node.w;
    return { path: String(node.id), width: changed ? percent(node.w ?? COLUMNS) : null, items: node.subGrid ? read(node.subGrid.engine.nodes) : block?.items ? [] : null };
  });
  const start = JSON.stringify(read(grid.engine.nodes));
  const listen = (each: GridStack) => {
    each.on("dragstart", () => { dragging = true; });
    each.on("dragstop", () => { setTimeout(() => { dragging = false; }, 0); });
    each.on("dragstop resizestop dropped", later);
    each.engine.nodes.forEach((node) => node.subGrid && listen(node.subGrid));
  };
  listen(grid);
}

const columns = (width: number) => Math.max(1, Math.min(COLUMNS, Math.round((width * COLUMNS) / 100)));
const percent = (w: number) => ({ 4: 33, 8: 66, 1: 8, 2: 16, 5: 42, 7: 58, 10: 83, 11: 92 } as Record<number, number>)[w] ?? Math.round((w * 100) / COLUMNS);
