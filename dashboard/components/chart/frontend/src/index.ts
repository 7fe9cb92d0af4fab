/** A chart: Plotly draws it when it comes near the screen, at the width it then has. */
import Plotly from "plotly.js-basic-dist-min";
import type { Layout, Plot, Told, Trace } from "plotly.js-basic-dist-min";
import { drawWhenNear, fail, forget, FULL } from "../../../near";

type Content = {
  figure: { data: Trace[]; layout: Layout };
  height: number;
  label: string;
  /** What a reader may select: marks by a click, a range of x by a brush. */
  points: boolean;
  brush: boolean;
};
type Mount = {
  data: Uint8Array | null;
  parentElement: HTMLElement;
  setTriggerValue: (name: string, value: unknown) => void;
};

const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, scrollZoom: false, doubleClick: "reset" };
const BESIDE_FULL = 130;
const NOTHING = JSON.stringify({ points: [] });
const print = window.matchMedia("print");

class Chart {
  private content: Content | null = null;
  private bytes: Uint8Array | null = null;
  private width = 0;
  private height = 0;
  private picked = NOTHING;
  private plot: Plot | null = null;
  private readonly sizes = new ResizeObserver(() => this.resized());
  mount!: Mount;

  constructor(readonly root: HTMLElement) {}

  show(mount: Mount): void {
    this.mount = mount;
    if (!mount.data || (this.bytes && same(mount.data, this.bytes))) return;
    this.bytes = mount.data;
    this.content = JSON.parse(new TextDecoder().decode(mount.data)) as Content;
    this.picked = NOTHING;
    this.root.setAttribute("role", "figure");
    this.root.setAttribute("aria-label", this.content.label);
    this.root.style.height = `${this.tall()}px`;
    this.sizes.observe(this.root);
    drawWhenNear(this);
  }

  draw(): void {
    const width = this.root.clientWidth;
    if (!this.content || !width) return; // hidden: the observer of its size calls again
    this.width = width;
    this.height = this.tall();
    const { figure, points, brush } = this.content;
    const layout: Layout = { ...figure.layout, width, height: this.height };
    if (points || brush) {
      layout.clickmode ??= brush ? "event" : "event+select";
      layout.hovermode ??= "closest";
    }
    void Plotly.react(this.root, figure.data, layout, CONFIG).then((plot) => this.listen(plot)).catch((problem: unknown) => fail(this.root, problem));
  }

  end(): void {
    this.sizes.disconnect();
    forget(this);
    Plotly.purge(this.root);
  }

  private tall(): number {
    return this.root.closest(FULL) ? window.innerHeight - BESIDE_FULL : this.content!.height;
  }

  private resized(): void {
    const height = this.tall();
    if (print.matches || !this.root.clientWidth || (this.root.clientWidth === this.width && height === this.height)) return;
    if (height !== this.height) this.root.style.height = `${height}px`;
    drawWhenNear(this);
  }

  private listen(plot: Plot): void {
    if (this.plot === plot) return;
    this.plot = plot;
    plot.on("plotly_selected", (event) => this.selected(event));
    plot.on("plotly_deselect", () => this.tell({ points: [] }));
    plot.on("plotly_doubleclick", () => this.tell({ points: [] }));
    plot.on("plotly_click", (event) => {
      // A slice of a pie can be clicked, but Plotly has no selection for it.
      const found = event?.points?.filter((point) => point.data?.type === "pie").map(place) ?? [];
      if (found.length) this.tell({ points: this.picked === JSON.stringify({ points: found }) ? [] : found });
    });
  }

  private selected(event: Told | undefined): void {
    const range = event?.range?.x;
    if (range?.length === 2) this.tell({ range });
    else if (event) this.tell({ points: (event.points ?? []).map(place) });
  }

  private tell(event: { points: number[][] } | { range: unknown[] }): void {
    if (!this.content?.points && !("range" in event && this.content?.brush)) return;
    const text = JSON.stringify(event);
    if (text === this.picked) return;
    this.picked = text;
    this.mount.setTriggerValue("event", event);
  }
}

function place(point: NonNullable<Told["points"]>[number]): number[] {
  return [point.curveNumber ?? 0, [point.pointNumbers?.[0], point.pointIndex, point.pointNumber, point.i].find(Number.isInteger) ?? -1];
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

const mounted = new WeakMap<HTMLElement, Chart>();

export default function mount(given: Mount): () => void {
  let root = given.parentElement.querySelector<HTMLElement>(":scope > .wb-chart");
  if (!root) {
    root = document.createElement("div");
    root.className = "wb-chart";
    given.parentElement.append(root);
  }
  const one = mounted.get(root) ?? new Chart(root);
  mounted.set(root, one);
  one.show(given);
  return () => {
    mounted.delete(root);
    one.end();
  };
}
