/** Mounts a grid into a Streamlit component's element, builds it when it comes near the screen, and keeps it while its rows
 *  stay the same. */
import "tabulator-tables/dist/css/tabulator_simple.css";
import "./grid.css";
import { drawWhenNear, forget, FULL } from "../../../near";
import { mounting } from "../../../place";
import { decode, Table } from "./data";
import { Grid } from "./grid";

type Content = Table & { digest: string; selected: number[] | null };
type Mount = {
  data: Uint8Array | null;
  parentElement: HTMLElement;
  setStateValue: (name: string, value: unknown) => void;
  setTriggerValue: (name: string, value: unknown) => void;
};

const HEAD = 34;
const ROW = 29;

class Mounted {
  private grid: Grid | null = null;
  private content: Content | null = null;
  /** What is to be drawn once it is near. */
  private coming: Content | null = null;
  private full = false;
  private turn = 0;
  mount!: Mount;

  private readonly resized = () => {
    if (this.grid && this.full !== Boolean(this.root.closest(FULL))) this.build(this.content!);
  };

  constructor(readonly root: HTMLElement) {
    root.addEventListener("watchbook-shown", (event) => {
      (event as CustomEvent<{ rows: number[] | null }>).detail.rows = this.grid?.shown() ?? null;
    });
    window.addEventListener("resize", this.resized);
  }

  async show(mount: Mount): Promise<void> {
    this.mount = mount;
    const turn = ++this.turn;
    if (!mount.data) return;
    const content = (await decode(mount.data)) as Content;
    await styled(this.root.parentElement!);
    if (turn !== this.turn) return; // a newer call is on its way
    if (content.digest === this.content?.digest) {
      if (this.coming) this.coming = content;
      else if (content.selected) this.grid?.select(content.selected);
      return;
    }
    if (!this.grid) {
      const rows = Math.min(content.height, HEAD + ROW * Math.max(2, content.ids.length));
      this.root.style.minHeight = `${rows + (content.filter || content.foldAll ? 40 : 0)}px`;
    }
    this.coming = content;
    drawWhenNear(this);
  }

  draw(): void {
    if (this.coming) this.build(this.coming);
    this.coming = null;
  }

  private build(content: Content): void {
    const same = this.content?.columns.map((column) => column.field).join("\n") === content.columns.map((column) => column.field).join("\n");
    const kept = same ? this.grid?.keep() : undefined;
    const selected = content.digest === this.content?.digest ? this.grid?.selected() : content.selected;
    this.root.style.minHeight = `${this.root.offsetHeight}px`;
    this.grid?.destroy();
    this.content = content;
    this.full = Boolean(this.root.closest(FULL));
    const height = this.full ? window.innerHeight - 96 : content.height;
    this.grid = new Grid(this.root, { ...content, selected: selected ?? [] }, height, {
      select: (rows) => this.mount.setStateValue("selection", { digest: content.digest, rows }),
      event: (value) => this.mount.setTriggerValue("event", value),
      built: () => (this.root.style.minHeight = ""), // what kept its place
    }, kept);
  }

  end(): void {
    window.removeEventListener("resize", this.resized);
    this.turn++; // what is still being decoded is not drawn any more
    forget(this);
    this.grid?.destroy();
  }
}

/** Waits for the component's style sheet, since the table measures its rows when it is built. */
async function styled(parent: HTMLElement): Promise<void> {
  const link = parent.querySelector<HTMLLinkElement>("link[rel=stylesheet]");
  if (!link || link.sheet) return;
  await new Promise((done) => {
    link.addEventListener("load", done, { once: true });
    link.addEventListener("error", done, { once: true });
    window.setTimeout(done, 2000);
  });
}

export default mounting<Mount>("wb-grid", (root) => new Mounted(root));
