// What a first visit downloads, raw and with Brotli as the server sends it.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Size {
  name: string;
  raw: number;
  brotli: number;
}

/** The files that the page needs to start: what index.html names, and itself. */
export function firstLoad(dist: string): Size[] {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const worker = readFileSync(join(dist, "sw.js"), "utf8");
  const { files } = JSON.parse(/^const MANIFEST = (\{.*\});$/m.exec(worker)![1]!) as { files: { url: string }[] };
  const needed = files.map(({ url }) => url).filter((url) => /\.(js|wasm|css)$/.test(url) && html.includes(url.slice(1)));
  return ["/index.html", ...needed].map((url) => size(dist, url));
}

/** Everything that the service worker stores. */
export function shell(dist: string): Size[] {
  const worker = readFileSync(join(dist, "sw.js"), "utf8");
  const { files } = JSON.parse(/^const MANIFEST = (\{.*\});$/m.exec(worker)![1]!) as { files: { url: string }[] };
  return files.map(({ url }) => size(dist, url === "/" ? "/index.html" : url));
}

function size(dist: string, url: string): Size {
  const path = join(dist, url);
  const raw = statSync(path).size;
  return { name: url, raw, brotli: existsSync(`${path}.br`) ? statSync(`${path}.br`).size : raw };
}
