// What this device keeps: complaints that are not sent yet, and the numbers of those that were. No server is told.
// A draft is {key, secret, version, at, asked, fields}; its key makes it one complaint, however often it is sent.
// Its photos are rows of their own, so that they are not written anew with each word: see unggah.js.

// The language of the page, for dates; and how a page that is not in Indonesian asks the server for its own.
export const LOCALE = document.documentElement.lang === "en" ? "en-GB" : "id-ID";
export const ASKED = document.documentElement.lang === "en" ? "?bahasa=en" : "";
const NAMES = ["text", "village", "place", "position", "date", "occurred", "kind", "category", "name", "phone", "email", "anonim", "rahasia", "sure", "called"];
const PAUSES_S = [30, 60, 120, 300];
// So long may a line take to answer before it counts as none.
const PROBE_MS = 20_000;
const WEEK_MS = 7 * 24 * 3600 * 1000;
let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("lapor", 2);
    asked.onupgradeneeded = ({ oldVersion }) => {
      const database = asked.result;
      if (oldVersion < 1) {
        database.createObjectStore("drafts", { keyPath: "key" });
        database.createObjectStore("tickets", { keyPath: "number" });
      }
      database.createObjectStore("photos", { keyPath: "id" }).createIndex("of", "of");
    };
    asked.onsuccess = () => {
      // A tab with a newer page may go on; this one has nothing more to keep until it is loaded anew.
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
    asked.onerror = asked.onblocked = () => reject(asked.error ?? new Error("blocked"));
  });
  return opening;
}

// Runs `work` on the stores in one transaction and gives what its request found, once that is kept for good.
async function within(stores, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(stores, mode, mode === "readwrite" ? { durability: "strict" } : {});
    const result = {};
    const [store, other] = [].concat(stores).map((name) => transaction.objectStore(name));
    work(store, result, other);
    transaction.oncomplete = () => resolve(result.value);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const into = (result, request) => { request.onsuccess = () => { result.value = request.result; }; };

export const fresh = () => ({ key: crypto.randomUUID(), secret: secret(), version: 0, at: Date.now(), asked: false, fields: {} });
export const all = async () => (await within("drafts", "readonly", (store, result) => into(result, store.getAll()))).sort((a, b) => b.at - a.at);
export const find = (key) => within("drafts", "readonly", (store, result) => into(result, store.get(key)));
export const drop = (key) => within(["drafts", "photos"], "readwrite", (store, _, photos) => {
  store.delete(key);
  photos.index("of").getAllKeys(key).onsuccess = ({ target }) => { for (const each of target.result) photos.delete(each); };
});
export const tickets = async () => (await within("tickets", "readonly", (store, result) => into(result, store.getAll()))).sort((a, b) => b.at - a.at);
export const dropTicket = (number) => within("tickets", "readwrite", (store) => store.delete(number));
// With its first words, so that its sender knows it again.
export const addTicket = (number, text = "") => within("tickets", "readwrite", (store) => store.put({ number, at: Date.now(), about: text.slice(0, 100) }));

// Keeps `draft` if nobody else changed it since it was read, and tells what is true now: "kept", "changed" or "gone".
export async function keep(draft) {
  const outcome = await within("drafts", "readwrite", (store, result) => {
    const known = store.get(draft.key);
    known.onsuccess = () => {
      const there = known.result;
      result.value = !there && draft.version ? "gone" : there && there.version !== draft.version ? "changed" : "kept";
      if (result.value === "kept") store.put({ ...draft, version: draft.version + 1, at: Date.now() });
    };
  });
  if (outcome === "kept") draft.version += 1;
  return outcome;
}

export const photosOf = async (of) => (await within("photos", "readonly", (store, result) => into(result, store.index("of").getAll(of)))).sort((a, b) => a.at - b.at);
export const findPhoto = (id) => within("photos", "readonly", (store, result) => into(result, store.get(id)));
export const dropPhoto = (id) => within("photos", "readwrite", (store) => store.delete(id));

// Keeps what is known of a photo; of one that another tab removed nothing, which it tells by false.
export const keepPhoto = (photo, isNew) => within("photos", "readwrite", (store, result) => {
  store.getKey(photo.id).onsuccess = ({ target }) => {
    result.value = isNew || target.result !== undefined;
    if (result.value) store.put(photo);
  };
});

// Deletes photos that nobody came back for in a week, and that no draft has.
export async function tidy() {
  const drafts = new Set((await all()).map(({ key }) => key));
  await within("photos", "readwrite", (store) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (!drafts.has(cursor.value.of) && cursor.value.at < Date.now() - WEEK_MS) cursor.delete();
      cursor.continue();
    };
  });
}

function secret() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function read(form) {
  const data = new FormData(form);
  return Object.fromEntries(NAMES.filter((name) => data.get(name)).map((name) => [name, data.get(name)]));
}

export function fill(form, fields) {
  for (const name of NAMES) {
    const field = form.elements.namedItem(name);
    const value = fields[name] ?? "";
    if (!field) { if (value) form.append(hidden(name, value)); }
    else if (field.type === "checkbox") field.checked = Boolean(value);
    else field.value = value;
  }
}

export function hidden(name, value) {
  const input = document.createElement("input");
  Object.assign(input, { type: "hidden", name, value });
  return input;
}

// Sends `draft` with the photos `uploads` once, in whichever tab: {ticket, url} when it was taken, "asks" when its sender has to look at
// something first, "later" when it could not be taken now, "offline" when nobody answered, "gone" when it was sent before.
export function send(draft, uploads = []) {
  return alone(`lapor-${draft.key}`, async () => {
    if (!await find(draft.key)) return "gone";
    const body = new FormData();
    body.set("key", draft.key);
    body.set("secret", draft.secret);
    for (const [name, value] of Object.entries(draft.fields)) body.set(name, value);
    body.set("uploads", uploads.join(" "));
    let answer;
    try { answer = await fetch("/", { method: "POST", body }); } catch { return "offline"; }
    const number = answer.redirected && /^\/laporan\/(SPG-[0-9A-Z]{4}-[0-9A-Z]{5})/.exec(new URL(answer.url).pathname)?.[1];
    if (number) {
      if (!draft.fields.rahasia) await addTicket(number, draft.fields.text);
      await drop(draft.key);
      return { ticket: number, url: `/laporan/${number}?baru=1` };
    }
    return answer.status >= 500 || answer.status === 429 ? "later" : "asks";
  });
}

// Does `work` when the network is back, and with pauses as long as it gives false and the page is open. Gives what begins to wait.
export function insist(work) {
  let timer, tries = 0, busy = false;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(again, 1000 * PAUSES_S[Math.min(tries++, PAUSES_S.length - 1)]);
  };
  const again = async () => {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    try { if (!await work()) wait(); } finally { busy = false; }
  };
  addEventListener("online", () => { tries = 0; again(); });
  return wait;
}

// Whether the server answers: a browser says that it is online as soon as there is any network, wherever that leads.
export async function reachable() {
  if (!navigator.onLine) return false;
  const probe = { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) };
  return fetch("/robots.txt", probe).then(() => true, () => false);
}

// In one tab at a time.
export function alone(name, work, signal) {
  if (!navigator.locks) return work();
  return navigator.locks.request(name, { signal }, work);
}

export function register() {
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
}
