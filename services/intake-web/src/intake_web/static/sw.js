// Keeps the form and the drafts page on the device, and nothing else: no complaint, no code, no answer.
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

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(request.method === "GET" && pathname === "/" ? "/formulir" : "/draf")));
  } else if (request.method === "GET" && KEPT.files.includes(pathname + search)) {
    event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
  }
});
