// Tern's service worker: starts the app on any of its URLs without a connection.
//
// One worker belongs to one build and answers with that build's files only, never with a mixture: its manifest, which
// scripts/post_build.mjs writes into the next line, names every file with its hash. Data is none of its business; what
// the server answers under SERVER passes it by, and so does everything that is not a plain GET of this origin.

const MANIFEST = __TERN_MANIFEST__;

const FAMILY = "tern-shell-";
const CACHE = FAMILY + MANIFEST.build;
const FILES = new Map(MANIFEST.files.map((file) => [file.url, file]));
const SHELL = "/";
const SERVER = /^\/(api|ws|metrics)(\/|$)/;

// If one file cannot be had as the manifest describes it, the installation fails, the previous build goes on working,
// and the browser tries again later. What was already stored stays for that next time: it has been verified.
self.addEventListener("install", (event) => event.waitUntil(install()));

// No skipWaiting in there: a new build must not change the files under a page that somebody works in. The page offers
// the update and says so when it is wanted.
self.addEventListener("message", (event) => {
  if (event.data?.type === "skip-waiting") event.waitUntil(self.skipWaiting());
});

self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || SERVER.test(pathname)) return;
  if (request.headers.has("range")) return; // a cached 200 is no answer to it
  const file = FILES.get(pathname) ?? (request.mode === "navigate" ? FILES.get(SHELL) : undefined);
  if (file) event.respondWith(answer(request, file)); // a file of no known build is the server's to answer, with a 404
});

async function install() {
  const cache = await caches.open(CACHE);
  const downloads = MANIFEST.files.map(async (file) => {
    if (!(await stored(cache, file))) await cache.put(file.url, await download(file));
  });
  // All of them to their end, so that one failure does not throw away what the others are about to store.
  const failure = (await Promise.allSettled(downloads)).find(({ status }) => status === "rejected");
  if (failure) throw failure.reason;
}

async function activate() {
  // While yet another build is on its way in, its cache cannot be told from an old one; its activation cleans up.
  if (!self.registration.installing && !self.registration.waiting) {
    const old = (await caches.keys()).filter((name) => name.startsWith(FAMILY) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
  }
  await self.clients.claim(); // the very first page, too, is to survive the loss of the network without a reload
}

async function answer(request, file) {
  try {
    return (await stored(await caches.open(CACHE), file)) ?? (await download(file));
  } catch (error) {
    // The storage is damaged and the server has another build, or there is no server. For a page the server's own
    // answer is whole in itself; a single file of another build would be the mixture.
    if (request.mode === "navigate") return fetch(request);
    throw error;
  }
}

// Without Vary: the server varies by Accept-Encoding, of which a stored body no longer knows.
function stored(cache, file) {
  return cache.match(file.url, { ignoreVary: true });
}

// The browser's HTTP cache may serve, because the hash is checked: on the first visit it holds what the page has just
// loaded, which then does not travel twice. What it has wrongly or of another build is fetched anew.
async function download(file) {
  const response = (await verified(file, "default")) ?? (await verified(file, "reload"));
  if (!response) throw new Error(`${file.url} is not that of build ${MANIFEST.build}`);
  return response;
}

async function verified(file, cache) {
  const response = await fetch(file.url, { cache, credentials: "omit", redirect: "error" });
  if (response.status !== 200) return undefined;
  const content = await response.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return content.byteLength === file.size && sha256 === file.sha256 ? response : undefined;
}
