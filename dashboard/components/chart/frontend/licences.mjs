// The licence of what is bundled goes beside the bundle, as the licence asks.
import { readFileSync, writeFileSync } from "node:fs";
const name = "plotly.js-basic-dist-min";
const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
const text = readFileSync(`node_modules/${name}/LICENSE`, "utf8");
writeFileSync("../assets/LICENSES.txt", `chart.js contains ${name} ${version} (${license}).\n\n${text}`);
