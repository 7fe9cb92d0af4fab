// Bundles the editor: kql.js is what Streamlit loads (small); editor.js and the workers are asked for when an editor is drawn.
import { build } from "esbuild";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

const common = {
  bundle: true, minify: true, target: "es2022", legalComments: "none", logLevel: "warning",
  define: { global: "globalThis" }, alias: { fs: new URL("src/nothing.ts", import.meta.url).pathname }, loader: { ".ttf": "file" }, assetNames: "[name]",
};
rmSync("../assets", { recursive: true, force: true });
await build({ ...common, entryPoints: { kql: "src/index.ts" }, format: "esm", outdir: "../assets" });
await build({ ...common, entryPoints: { editor: "src/editor.ts" }, format: "esm", outdir: "../assets" });
await build({
  ...common, format: "iife", outdir: "../assets",
  entryPoints: { "kusto.worker": "@kusto/monaco-kusto/release/esm/kusto.worker.js", "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js" },
});
const packages = ["monaco-editor", "@kusto/monaco-kusto", "@kusto/language-service-next", "xregexp", "lodash-es"];
const texts = packages.map((name) => {
  const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  const found = ["LICENSE", "LICENSE.txt", "LICENSE.md"].map((file) => { try { return readFileSync(`node_modules/${name}/${file}`, "utf8"); } catch { return ""; } }).find(Boolean);
  return `${name} ${version} (${license})\n\n${found ?? "Its package carries no licence text."}`;
});
writeFileSync("../assets/LICENSES.txt", `These files contain the following.\n\n${texts.join("\n\n----\n\n")}\n`);
