/** `{Parameter}` and `{Parameter:format}` in a query's text. */

const PLACEHOLDER = /\{([A-Za-z_][\w-]*)(:[^{}\n]*)?\}/g;

/** Line and columns (from 1; the end is the column after) of each placeholder. */
function places(text: string): [number, number, number, string][] {
  return text.split(/\r\n|\r|\n/).flatMap((line, at) =>
    [...line.matchAll(PLACEHOLDER)].map((match): [number, number, number, string] => [at + 1, match.index + 1, match.index + match[0].length + 1, match[1]!]));
}

/** What a placeholder makes unreadable for a service that does not know it: itself, the word before and what follows. */
export function neighbours(text: string): [number, number, number][] {
  const lines = text.split(/\r\n|\r|\n/);
  return places(text).map(([line, from, to]) => {
    const before = lines[line - 1]!.slice(0, from - 1).trimEnd();
    const word = /[^\s|]*$/.exec(before)![0].length;
    return [line, Math.max(1, before.length - word + 1), to + 2];
  });
}

/** The placeholders that name none of the parameters. */
export function unknownParameters(text: string, names: string[]): [number, number, number, string][] {
  const there = new Set(names);
  return places(text).filter(([, , , name]) => !there.has(name));
}

/** Whether a text begins with an operator: Azure Resource Graph then takes its table `resources`, the service knows no such query. */
export function withoutTable(text: string): boolean {
  return /^(\s|\/\/.*(\n|$))*\|?\s*(where|project|project-away|extend|summarize|join|order|sort|top|take|limit|distinct|count|mv-expand)\b/i.test(text);
}
