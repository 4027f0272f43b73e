// What this device keeps: complaints that are not sent yet, and the numbers of those that were. No server is told.
// A draft is {key, secret, version, at, asked, fields, files}; its key makes it one complaint, however often it is sent.

const NAMES = ["text", "village", "place", "position", "date", "occurred", "kind", "name", "phone", "email", "anonim", "rahasia", "sure", "called"];
let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("lapor", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("drafts", { keyPath: "key" });
      asked.result.createObjectStore("tickets", { keyPath: "number" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opening;
}

// Runs `work` on the store in one transaction and gives what its request found, once that is kept for good.
async function within(store, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : {});
    const result = {};
    work(transaction.objectStore(store), result);
    transaction.oncomplete = () => resolve(result.value);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const into = (result, request) => { request.onsuccess = () => { result.value = request.result; }; };

export const fresh = () => ({ key: crypto.randomUUID(), secret: secret(), version: 0, at: Date.now(), asked: false, fields: {}, files: [] });
export const all = async () => (await within("drafts", "readonly", (store, result) => into(result, store.getAll()))).sort((a, b) => b.at - a.at);
export const find = (key) => within("drafts", "readonly", (store, result) => into(result, store.get(key)));
export const drop = (key) => within("drafts", "readwrite", (store) => store.delete(key));
export const tickets = async () => (await within("tickets", "readonly", (store, result) => into(result, store.getAll()))).sort((a, b) => b.at - a.at);
export const dropTicket = (number) => within("tickets", "readwrite", (store) => store.delete(number));
export const addTicket = (number) => within("tickets", "readwrite", (store) => store.put({ number, at: Date.now() }));

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

// Sends `draft` once, in whichever tab: {ticket, url} when it was taken, "asks" when its sender has to look at
// something first, "later" when it could not be taken now, "offline" when nobody answered, "gone" when it was sent before.
export function send(draft) {
  return alone(draft.key, async () => {
    if (!await find(draft.key)) return "gone";
    const body = new FormData();
    body.set("key", draft.key);
    body.set("secret", draft.secret);
    for (const [name, value] of Object.entries(draft.fields)) body.set(name, value);
    for (const { name, file } of draft.files) body.append(name, file, file.name);
    let answer;
    try { answer = await fetch("/", { method: "POST", body }); } catch { return "offline"; }
    const number = answer.redirected && /^\/laporan\/(SPG-[0-9A-Z]{4}-[0-9A-Z]{5})/.exec(new URL(answer.url).pathname)?.[1];
    if (number) {
      await addTicket(number);
      await drop(draft.key);
      return { ticket: number, url: `/laporan/${number}?baru=1` };
    }
    return answer.status >= 500 || answer.status === 429 ? "later" : "asks";
  });
}

function alone(key, work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`lapor-${key}`, work);
}

export function register() {
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
}
