/** A chart: Plotly draws it when it comes near the screen, at the width it then has. */
import Plotly from "plotly.js-basic-dist-min";
import type { Layout, Plot, Told, Trace } from "plotly.js-basic-dist-min";
import { drawWhenNear, forget, FULL } from "../../../near";
import { fail, mounting } from "../../../place";

type Content = {
  figure: { data: Trace[]; layout: Layout };
  height: number;
  label: string;
  /** What a reader may select: marks by a click, a range of x by a brush. */
  points: boolean;
  brush: boolean;
};
/** The numbers of a trace and of a point in it. */
type Mark = number[];
type Mount = {
  data: Uint8Array | null;
  parentElement: HTMLElement;
  setTriggerValue: (name: string, value: unknown) => void;
};

const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, scrollZoom: false, doubleClick: "reset" };
const BESIDE_FULL = 130;
const print = window.matchMedia("print");

class Chart {
  private content: Content | null = null;
  /** What names the content that came last, and the one that is drawn: marks are numbers in that. */
  private digest = "";
  private drawn = "";
  private width = 0;
  private height = 0;
  /** The marks selected now, or the ends of the range brushed last. */
  private picked: Mark[] = [];
  private range: unknown[] | null = null;
  private plot: Plot | null = null;
  private readonly sizes = new ResizeObserver(() => this.resized());
  private readonly turned = () => this.resized();
  mount!: Mount;

  constructor(readonly root: HTMLElement) {
    window.addEventListener("resize", this.turned);
  }

  show(mount: Mount): void {
    this.mount = mount;
    if (!mount.data) return;
    const [head, body] = lines(mount.data);
    const { picked, digest } = JSON.parse(head) as { picked: Mark[]; digest: string };
    if (digest === this.digest) {
      // What is brushed stays as the reader left it.
      if (this.range || same(picked, this.picked)) return;
    } else {
      this.digest = digest;
      this.content = JSON.parse(body) as Content;
      this.root.setAttribute("role", "figure");
      this.root.setAttribute("aria-label", this.content.label);
      this.root.style.height = `${this.tall()}px`;
      this.sizes.observe(this.root);
    }
    this.picked = picked;
    this.range = null;
    drawWhenNear(this);
  }

  draw(): void {
    const width = this.root.clientWidth;
    if (!this.content || !width) return; // hidden: the observer of its size calls again
    this.width = width;
    this.height = this.tall();
    this.drawn = this.digest;
    const { figure, points, brush } = this.content;
    const layout: Layout = { ...figure.layout, width, height: this.height };
    if (points || brush) {
      layout.clickmode ??= brush ? "event" : "event+select";
      layout.hovermode ??= "closest";
    }
    const { picked } = this;
    const data = figure.data.map((trace, at) => {
      const selectedpoints = picked.length ? picked.filter(([number]) => number === at).map(([, point]) => point) : null;
      return points && trace.type !== "pie" ? { ...trace, selectedpoints } : trace;
    });
    void Plotly.react(this.root, data, layout, CONFIG).then((plot) => this.listen(plot)).catch((problem: unknown) => {
      Plotly.purge(this.root);
      fail(this.root, problem);
    });
  }

  end(): void {
    window.removeEventListener("resize", this.turned);
    this.sizes.disconnect();
    forget(this);
    Plotly.purge(this.root);
  }

  private tall(): number {
    return this.root.closest(FULL) ? window.innerHeight - BESIDE_FULL : this.content!.height;
  }

  private resized(): void {
    if (!this.content || !this.width || print.matches) return;
    const { clientWidth } = this.root;
    const height = this.tall();
    if (!clientWidth || (clientWidth === this.width && height === this.height)) return;
    if (height !== this.height) this.root.style.height = `${height}px`;
    drawWhenNear(this);
  }

  private listen(plot: Plot): void {
    if (this.plot === plot) return;
    this.plot = plot;
    plot.on("plotly_selected", (event) => this.selected(event));
    plot.on("plotly_deselect", () => this.pick([]));
    plot.on("plotly_doubleclick", () => this.pick([]));
    plot.on("plotly_click", (event) => {
      // A slice of a pie can be clicked, but Plotly has no selection for it.
      const found = event?.points?.filter((point) => point.data?.type === "pie").map(place) ?? [];
      if (found.length) this.pick(same(found, this.picked) ? [] : found);
    });
  }

  private selected(event: Told | undefined): void {
    const range = event?.range?.x;
    if (range?.length === 2 && this.content?.brush) this.brush(range);
    else if (event && !range) this.pick((event.points ?? []).map(place));
  }

  private pick(marks: Mark[]): void {
    if (!this.content?.points || (!this.range && same(marks, this.picked))) return;
    this.picked = marks;
    this.range = null;
    this.mount.setTriggerValue("event", { points: marks, digest: this.drawn });
  }

  private brush(range: unknown[]): void {
    if (this.range && String(range) === String(this.range)) return;
    this.picked = [];
    this.range = range;
    this.mount.setTriggerValue("event", { range });
  }
}

/** Whether these are the same marks, in whatever order. */
function same(some: Mark[], others: Mark[]): boolean {
  return some.map(String).sort().join() === others.map(String).sort().join();
}

function place(point: NonNullable<Told["points"]>[number]): Mark {
  return [point.curveNumber ?? 0, [point.pointNumbers?.[0], point.pointIndex, point.pointNumber, point.i].find(Number.isInteger) ?? -1];
}

function lines(data: Uint8Array): [string, string] {
  const text = new TextDecoder().decode(data);
  const end = text.indexOf("\n");
  return [text.slice(0, end), text.slice(end + 1)];
}

export default mounting<Mount>("wb-chart", (root) => new Chart(root));
