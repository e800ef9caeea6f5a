// Trunk's last step, in the staging directory: makes one build out of the files.
//
//   1. makes one file of the style sheets, in the order of index.html: one request, and one text to compress,
//   2. computes the build's id from everything in it, the template of the service worker included,
//   3. stamps the id into index.html,
//   4. writes sw.js with the manifest of the build, {build, files: [{url, sha256, size}]}: the browser notices a new
//      build because the bytes of sw.js differ, and the worker verifies each file that it caches,
//   5. writes a Brotli and a gzip version beside each file that gets smaller by it.
//
// In this order, because each step covers the result of the one before it. The same input gives the same output.
// Trunk's own hashes in file names will not do: they are of what cargo made, before wasm-opt.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const STAGING = process.env.TRUNK_STAGING_DIR ?? fail("Run this through 'trunk build': TRUNK_STAGING_DIR is not set");
const WORKER = "public/sw.js"; // Trunk starts hooks in the directory of Trunk.toml
const INDEX = "index.html";
const BUILD_PLACEHOLDER = "__TERN_BUILD__";
const MANIFEST_PLACEHOLDER = "const MANIFEST = __TERN_MANIFEST__;";
const COMPRESSED = /\.(br|gz)$/;
const COMPRESSIBLE = /\.(html|js|css|wasm|svg|json|webmanifest|txt)$/;

function fail(sentence) {
  console.error(`post_build: ${sentence}.`);
  process.exit(1);
}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/** Replaces the one occurrence of a placeholder. A function as replacement, because "$&" has a meaning in a string. */
function fill(file, text, placeholder, value) {
  if (text.split(placeholder).length !== 2) fail(`${file} must contain '${placeholder}' exactly once`);
  return text.replace(placeholder, () => value);
}

/** Paths of the build's files, as URLs have them and in an order that no file system decides. */
function list() {
  return readdirSync(STAGING, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !COMPRESSED.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(STAGING.length).replace(/^\/+/, ""))
    .filter((path) => path !== "sw.js")
    .sort();
}

const read = (path) => readFileSync(join(STAGING, path));
const write = (path, content) => writeFileSync(join(STAGING, path), content);

function readWorker() {
  try {
    return readFileSync(WORKER, "utf8");
  } catch {
    return fail(`${WORKER} is missing: the app cannot start offline without its service worker`);
  }
}

/** Replaces the style sheets of the page by one. Its name is of its content, as those of Trunk are. */
function joinStyles() {
  const link = /<link rel="stylesheet" href="\/([^"]+)"\s*\/?>\s*/g;
  const page = read(INDEX).toString();
  const sheets = [...page.matchAll(link)].map(([, path]) => path);
  if (sheets.length === 0) fail(`${INDEX} has no style sheets`);
  const styles = sheets.map((path) => read(path).toString()).join("");
  const joined = `style-${sha256(styles).slice(0, 16)}.css`;
  for (const path of sheets) rmSync(join(STAGING, path));
  write(joined, styles);
  let first = true;
  write(INDEX, page.replace(link, () => {
    const kept = first ? `<link rel="stylesheet" href="/${joined}" />` : "";
    first = false;
    return kept;
  }));
}

function compress(path) {
  const content = read(path);
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  const gzip = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  if (brotli.length < content.length) write(`${path}.br`, brotli);
  if (gzip.length < content.length) write(`${path}.gz`, gzip);
  return { size: content.length, brotli: Math.min(brotli.length, content.length) };
}

const worker = readWorker();
if (!list().includes(INDEX)) fail(`There is no ${INDEX} in ${STAGING}`);
joinStyles();
const paths = list();

const build = sha256(worker, ...paths.flatMap((path) => [path, "\0", sha256(read(path)), "\0"])).slice(0, 16);
write(INDEX, fill(INDEX, read(INDEX).toString(), BUILD_PLACEHOLDER, build));

const files = paths.map((path) => {
  const content = read(path);
  return { url: path === INDEX ? "/" : `/${path}`, sha256: sha256(content), size: content.length };
});
const manifest = JSON.stringify({ build, files });
write("sw.js", fill(WORKER, worker, MANIFEST_PLACEHOLDER, `const MANIFEST = ${manifest};`));

let total = { size: 0, brotli: 0 };
for (const path of [...paths, "sw.js"]) {
  const { size, brotli } = COMPRESSIBLE.test(path)
    ? compress(path)
    : { size: read(path).length, brotli: read(path).length };
  total = { size: total.size + size, brotli: total.brotli + brotli };
  if (path.endsWith(".wasm")) console.log(`  ${path}: ${kib(size)}, ${kib(brotli)} with Brotli`);
}
console.log(`  build ${build}: ${files.length} files, ${kib(total.size)}, ${kib(total.brotli)} with Brotli`);

function kib(bytes) {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
