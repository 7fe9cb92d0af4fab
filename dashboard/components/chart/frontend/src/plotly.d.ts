declare module "plotly.js-basic-dist-min" {
  export type Trace = Record<string, unknown> & { type?: string };
  export type Layout = Record<string, unknown>;
  export type Picked = { curveNumber: number; pointIndex?: number; pointNumber?: number; pointNumbers?: number[]; i?: number; data?: Trace };
  export type Told = { points?: Picked[]; range?: { x?: unknown[] } };
  export type Plot = HTMLElement & { on: (name: string, told: (event?: Told) => void) => void };
  const Plotly: {
    react: (root: HTMLElement, data: Trace[], layout: Layout, config: Record<string, unknown>) => Promise<Plot>;
    relayout: (root: HTMLElement, layout: Layout) => Promise<Plot>;
    purge: (root: HTMLElement) => void;
  };
  export default Plotly;
}
