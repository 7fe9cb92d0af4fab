/** Monaco with Microsoft's Kusto language service: colours, completion, errors, formatting. Loaded when the first editor is drawn. */
import * as monaco from "monaco-editor/esm/vs/editor/edcore.main";
import { getKustoWorker, kustoDefaults } from "@kusto/monaco-kusto";
import { neighbours, unknownParameters, withoutTable } from "./placeholders";
import type { Schema } from "./service";

/** A problem at a place, counted from 1. */
export type Mark = { line: number; column: number; endColumn?: number | null; message: string; severity: "error" | "warning" };
export type Reactions = { run: () => void; changed: () => void; selection: () => void };
export interface Handle {
  value(): string;
  fill(text: string): void;
  insert(text: string): void;
  selected(): string;
  select(range: [number, number]): void;
  focus(): void;
  format(): void;
  update(marks: Mark[], parameters: [string, string][] | null): void;
  end(): void;
}

const LANGUAGE = "kusto";
const LEAST = 150;
const MOST = 480;

(globalThis as { MonacoEnvironment?: unknown }).MonacoEnvironment = {
  getWorker: (_: string, label: string) => new Worker(new URL(label === LANGUAGE ? "./kusto.worker.js" : "./editor.worker.js", import.meta.url)),
};
const sheet = document.createElement("link");
sheet.rel = "stylesheet";
sheet.href = new URL("./editor.css", import.meta.url).href;
const styled = new Promise<void>((done) => {
  sheet.addEventListener("load", () => done());
  sheet.addEventListener("error", () => done());
});
document.head.append(sheet);

// Colours by words at once; those by meaning follow when the service has read the schema.
kustoDefaults.setLanguageSettings({
  ...kustoDefaults.languageSettings, useTokenColorization: true, includeControlCommands: false, enableQuickFixes: false,
  formatter: { indentationSize: 4, pipeOperatorStyle: "NewLine" },
});

const known = new Map<string, [string, string][] | null>();
let learned: Schema | null = null;
// The language service keeps a database until one of a higher version comes.
let version = 0;

/** Tells the language service what a query may name. */
export function learn(schema: Schema): void {
  if (schema === learned) return;
  learned = schema;
  const model = monaco.editor.getModels().find((one) => one.getLanguageId() === LANGUAGE);
  if (model) void teach(model.uri);
}

async function teach(uri: monaco.Uri): Promise<void> {
  const schema = learned;
  if (!schema) return;
  const database = {
    name: "data", majorVersion: ++version, minorVersion: 0, entityGroups: [],
    tables: schema.tables.map(([name, columns]) => ({ name, entityType: "Table" as const, columns: columns.map(([column, type]) => ({ name: column, type })) })),
    functions: schema.functions.map(([name, parameters, body]) => ({ name, body: `{ ${body} }`, inputParameters: inputs(parameters) })),
  };
  const worker = await (await getKustoWorker())(uri);
  await worker.setSchema({ clusterType: "Engine", cluster: { connectionString: "https://local", databases: [database] }, database });
}

/** `a:string, b:int = 1` as the service wants it; a parameter that is a table is left out, since its columns are not told. */
function inputs(text: string): { name: string; cslType: string; type: string; cslDefaultValue?: string }[] {
  return [...text.replace(/^\(|\)$/g, "").matchAll(/(\w+)\s*:\s*(\w+)(?:\s*=\s*([^,]+))?/g)].map(([, name, type, value]) => ({
    name: name!, cslType: type!, type: type!, ...(value ? { cslDefaultValue: value.trim() } : {}),
  }));
}

monaco.languages.registerCompletionItemProvider(LANGUAGE, {
  triggerCharacters: ["{"],
  provideCompletionItems(model, position) {
    const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
    const open = /\{(\w*)$/.exec(before);
    const parameters = known.get(model.uri.toString());
    if (!open || !parameters) return { suggestions: [] };
    const start = position.column - open[1]!.length;
    const closed = model.getLineContent(position.lineNumber)[position.column - 1] === "}";
    return {
      suggestions: parameters.map(([name, told]) => ({
        label: name, detail: told, kind: monaco.languages.CompletionItemKind.Variable, insertText: closed ? name : `${name}}`,
        range: new monaco.Range(position.lineNumber, start, position.lineNumber, position.column),
      })),
    };
  },
});

// The service knows nothing of {parameters}: what it says of them, and of what stands right beside them, is not told.
monaco.editor.onDidChangeMarkers((uris) => {
  for (const uri of uris) {
    const model = monaco.editor.getModel(uri);
    if (!model || !known.get(uri.toString())) continue;
    const markers = monaco.editor.getModelMarkers({ resource: uri, owner: LANGUAGE });
    if (learned?.source === "resource_graph" && withoutTable(model.getValue())) {
      if (markers.length) monaco.editor.setModelMarkers(model, LANGUAGE, []);
      continue;
    }
    const places = neighbours(model.getValue());
    const kept = markers.filter((marker) => !places.some(([line, from, to]) => marker.startLineNumber <= line && line <= marker.endLineNumber && marker.startColumn <= to && from <= marker.endColumn));
    if (kept.length < markers.length) monaco.editor.setModelMarkers(model, LANGUAGE, kept);
  }
});

function theme(host: HTMLElement): string {
  const scheme = getComputedStyle(host).colorScheme;
  const dark = scheme === "dark" || (scheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  return dark ? "kusto-dark" : "kusto-light";
}

/** An editor in `host`, as tall as its text within limits; the text is what `text` gives once all is there that it needs. */
export async function create(host: HTMLElement, text: () => string, label: string, react: Reactions): Promise<Handle> {
  await styled;
  const model = monaco.editor.createModel(text(), LANGUAGE);
  const uri = model.uri.toString();
  const editor = monaco.editor.create(host, {
    model, theme: theme(host), ariaLabel: label, automaticLayout: true, fixedOverflowWidgets: true, minimap: { enabled: false },
    scrollBeyondLastLine: false, wordWrap: "on", fontSize: 13, lineHeight: 19, lineNumbersMinChars: 3, folding: true, glyphMargin: false,
    renderLineHighlight: "none", overviewRulerLanes: 0, hideCursorInOverviewRuler: true, scrollbar: { alwaysConsumeMouseWheel: false },
    fontFamily: getComputedStyle(host).getPropertyValue("--wb-mono") || "monospace", padding: { top: 8, bottom: 8 }, tabFocusMode: true,
    placeholder: "", suggest: { showWords: false }, wordBasedSuggestions: "off", links: false, unicodeHighlight: { ambiguousCharacters: false },
  } as monaco.editor.IStandaloneEditorConstructionOptions);
  const fit = () => { host.style.height = `${Math.max(LEAST, Math.min(MOST, editor.getContentHeight()))}px`; };
  editor.onDidContentSizeChange(fit);
  fit();
  void teach(model.uri);
  editor.addAction({ id: "watchbook-run", label: "Run the query", keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, monaco.KeyMod.Shift | monaco.KeyCode.Enter], run: () => react.run() });
  editor.onDidChangeModelContent(() => { react.changed(); check(); });
  editor.onDidChangeCursorSelection(() => react.selection());
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => monaco.editor.setTheme(theme(host));
  scheme.addEventListener("change", recolour);

  const check = () => {
    const parameters = known.get(uri);
    const wrong = parameters ? unknownParameters(model.getValue(), parameters.map(([name]) => name)) : [];
    monaco.editor.setModelMarkers(model, "parameters", wrong.map(([line, from, to, name]) => ({
      startLineNumber: line, endLineNumber: line, startColumn: from, endColumn: to, severity: monaco.MarkerSeverity.Warning,
      message: `There is no parameter '${name}' here.`,
    })));
  };
  return {
    value: () => model.getValue(monaco.editor.EndOfLinePreference.LF),
    fill: (next) => { editor.pushUndoStop(); editor.executeEdits("watchbook", [{ range: model.getFullModelRange(), text: next }]); editor.pushUndoStop(); },
    insert: (next) => { editor.executeEdits("watchbook", [{ range: editor.getSelection()!, text: next, forceMoveMarkers: true }]); editor.focus(); },
    selected: () => model.getValueInRange(editor.getSelection()!),
    select: ([from, to]) => editor.setSelection(monaco.Range.fromPositions(model.getPositionAt(from), model.getPositionAt(to))),
    focus: () => editor.focus(),
    format: () => void editor.getAction("editor.action.formatDocument")?.run(),
    update: (marks, parameters) => {
      known.set(uri, parameters);
      recolour();
      check();
      monaco.editor.setModelMarkers(model, "watchbook", marks.map((mark) => ({
        startLineNumber: mark.line, endLineNumber: mark.line, startColumn: mark.column,
        endColumn: mark.endColumn ?? model.getWordAtPosition({ lineNumber: Math.min(mark.line, model.getLineCount()), column: mark.column })?.endColumn ?? mark.column + 1,
        message: mark.message, severity: mark.severity === "warning" ? monaco.MarkerSeverity.Warning : monaco.MarkerSeverity.Error,
      })));
    },
    end: () => {
      scheme.removeEventListener("change", recolour);
      known.delete(uri);
      editor.dispose();
      // The language service may still answer for this text, and looks for it when it does.
      window.setTimeout(() => model.dispose(), 30_000);
    },
  };
}
