// Keeps the form, the drafts page and what is said without a network on the device, and nothing else: no complaint, no code, no answer.
// KEPT stands above, {version, pages, files}: see handlers/device.py.
const CACHE = `lapor-${KEPT.version}`;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE)
    .then((cache) => cache.addAll([...KEPT.pages, ...KEPT.files].map((path) => new Request(path, { cache: "reload" }))))
    .then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("lapor-") && name !== CACHE).map((name) => caches.delete(name))))
    .then(() => clients.claim()));
});

// The form and the drafts are kept; of all else is said that there is no network, and of what was sent that it is not.
function instead(method, pathname) {
  const [form, drafts, offline, unsent] = KEPT.pages;
  if (method !== "GET") return pathname === "/" ? drafts : unsent;
  return { "/": form, "/draf": drafts }[pathname] ?? offline;
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(instead(request.method, pathname))));
  } else if (request.method === "GET" && KEPT.files.includes(pathname + search)) {
    event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});
