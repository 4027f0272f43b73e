// Photos and videos on their way, of a report or of what is added to one: photos made small on the device, kept there, and sent in pieces
// as soon as they are chosen (tus 1.0.0). Without this script the file field sends them with the form.
// A photo is {id, of, at, blob, film, place, upload, ready, why}: `film` says that it is a video, `of` is the key of the draft that has it, `upload` its id at
// the server, `why` what the server said against it.
import { ASKED, LOCALE, alone, dropPhoto, findPhoto, keepPhoto, photosOf, send } from "./drafts.js";

const MOST = 5, MAX_BYTES = 10 * 1024 * 1024, MAX_FILM_BYTES = 100 * 1024 * 1024, MAX_FILM_S = 60;
const most = ({ film }) => (film ? MAX_FILM_BYTES : MAX_BYTES);
// With a cut a browser may send the whole of a request once more, and a proxy lose it: so pieces become smaller with each.
const LARGEST = 512 * 1024, SMALLEST = 64 * 1024;
const PIXELS = 2_000_000, QUALITY = 0.8;
// So long may a line say nothing; the server takes up to 30 s to look at a photo, and one at a time.
const SILENT_MS = 90_000;
// After a cut the server keeps what came; before it did, it would tell of less.
const SETTLES_MS = 400;
const TUS = { "Tus-Resumable": "1.0.0" };
// What a photo says of its place has no precision: so many metres.
const METRES = 100;

class Refused extends Error {}
class Cut extends Error {}

// ---- One photo to the server

// Asks by XMLHttpRequest, for fetch tells nothing of how far a body is; status 0 when nobody answered.
function ask(method, path, headers, { body, progress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence;
    const heard = () => { clearTimeout(silence); silence = setTimeout(() => request.abort(), SILENT_MS); };
    const stop = () => request.abort();
    request.open(method, path);
    for (const [name, value] of Object.entries({ ...TUS, ...headers })) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => { heard(); progress?.(loaded); };
    request.onloadend = () => {
      clearTimeout(silence);
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) return reject(signal.reason);
      let said = {};
      try { said = JSON.parse(request.responseText); } catch { /* a proxy's page, or nothing */ }
      resolve({ status: request.status, said, header: (name) => request.getResponseHeader(name) });
    };
    signal?.addEventListener("abort", stop);
    heard();
    request.send(body);
  });
}

// Waits, but no longer than until there is a network again, or somebody presses.
function pause(ms, signal, poke) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = (way, value) => { clearTimeout(timer); over.abort(); way(value); };
    const timer = setTimeout(() => end(resolve), ms);
    addEventListener("online", () => end(resolve), { signal: over.signal });
    poke?.addEventListener("go", () => end(resolve), { signal: over.signal });
    signal?.addEventListener("abort", () => end(reject, signal.reason), { signal: over.signal });
  });
}

// Brings a photo to the server, from where it got to: gives the place that the server found in it, or undefined.
// `keep` is called when its id is known, `tell` with a state and the part that came, from 0 to 1.
// Throws Refused with a sentence when the server does not want it, Cut when `tries` tries in a row led no further.
async function bring(photo, { keep, tell = () => {}, signal, poke, tries = Infinity }) {
  const { blob } = photo;
  let offset = null, failed = 0, farthest = 0, piece = LARGEST;
  const part = () => (blob ? (offset ?? 0) / blob.size : 0);
  while (true) {
    if (signal?.aborted) throw signal.reason;
    const path = `/v1/uploads/${photo.upload}${ASKED}`;
    let answer, next;
    if (!photo.upload) {
      answer = await ask("POST", `/v1/uploads${ASKED}`, { "Upload-Length": blob.size }, { signal });
      if (answer.status === 201) {
        [photo.upload, next] = [answer.said.id, 0];
        await keep();
      }
    } else if (offset === null) {
      answer = await ask("GET", path, {}, { signal });
      if (answer.status === 200) {
        if (answer.said.state === "ready") return undefined;
        if (answer.said.state === "refused") throw new Refused(answer.said.detail);
        offset = answer.said.received;
        if (offset > farthest) [farthest, failed] = [offset, 0];
        continue;
      }
    } else {
      tell("sending", part());
      const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": offset };
      const progress = (loaded) => tell(photo.film && offset + loaded >= blob.size ? "making" : "sending", (offset + loaded) / blob.size);
      answer = await ask("PATCH", path, headers, { body: blob.slice(offset, offset + piece), progress, signal });
      if (answer.status === 204) {
        next = Number(answer.header("Upload-Offset"));
        if (next >= blob.size) return answer.header("Photo-Place")?.split(",").map(Number);
      }
    }
    if (next !== undefined) { [offset, farthest, failed] = [next, next, 0]; continue; }
    const { status, said } = answer;
    if (status === 404 && blob) { [photo.upload, offset] = [null, null]; }  // it waited for more than a day
    else if (status !== 409 && status >= 400 && status < 500 && status !== 429 && status !== 408) throw new Refused(said.detail ?? said.title ?? "");
    if (++failed >= tries) throw new Cut();
    if (!status || status === 409) piece = Math.max(SMALLEST, piece / 2);
    if (failed === 1 && !status) await pause(SETTLES_MS, signal, poke);
    else if (failed > 1 || status === 429 || status >= 500) {
      tell("cut", part(), status ? said.detail : "");
      const wait = 1000 * Math.max(Math.min(2 ** (failed - 1), 30), Number(answer.header("Retry-After") ?? 0));
      await pause(wait, signal, poke);
    }
    offset = null;
  }
}

// ---- What is made of a file on the device

// A JPEG of 2 megapixels at most, without anything but the picture; what this browser can't decode stays as it is.
async function shrink(file) {
  let picture;
  try { picture = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return copied(file); }
  const scale = Math.min(1, Math.sqrt(PIXELS / (picture.width * picture.height)));
  const small = await drawn(picture, picture.width * scale, picture.height * scale);
  picture.close();
  return small ?? copied(file);
}

// Of a file that its own app may take away again; one that is too large is not read.
const copied = async (file, most = MAX_BYTES) => file.size > most ? file : new Blob([await file.arrayBuffer()], { type: file.type });

// Opens a video as far as its first picture, for `use`; gives null where this browser can't play it.
async function watched(blob, use) {
  const screen = document.createElement("video"), address = URL.createObjectURL(blob);
  Object.assign(screen, { muted: true, playsInline: true, preload: "auto", src: address });
  try {
    await new Promise((resolve, reject) => { screen.onloadeddata = resolve; screen.onerror = reject; setTimeout(reject, 5000); });
    return await use(screen);
  } catch { return null; } finally {
    screen.removeAttribute("src");
    URL.revokeObjectURL(address);
  }
}

function drawn(picture, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) });
  const paper = canvas.getContext("2d");
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.imageSmoothingQuality = "high";
  paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

// Where a JPEG says that it was taken, as [latitude, longitude]; null where it says nothing. (Exif 2.32, 4.6.6)
async function placeOf(file) {
  try {
    const view = new DataView(await file.slice(0, 256 * 1024).arrayBuffer());
    if (view.getUint16(0) !== 0xffd8) return null;
    let at = 2;
    while (view.getUint16(at) !== 0xffe1 || view.getUint32(at + 4) !== 0x45786966) at += 2 + view.getUint16(at + 2);
    const base = at + 10, little = view.getUint16(base) === 0x4949;
    const short = (place) => view.getUint16(base + place, little), long = (place) => view.getUint32(base + place, little);
    const entries = (ifd) => new Map(Array.from({ length: short(ifd) }, (_, n) => [short(ifd + 2 + 12 * n), ifd + 2 + 12 * n + 8]));
    const gps = entries(long(entries(long(4)).get(0x8825)));
    const degrees = (tag) => [1, 60, 3600].reduce((sum, part, n) => sum + long(long(gps.get(tag)) + 8 * n) / long(long(gps.get(tag)) + 8 * n + 4) / part, 0);
    const sign = (tag, letter) => (view.getUint8(base + gps.get(tag)) === letter.charCodeAt() ? -1 : 1);
    const place = [sign(1, "S") * degrees(2), sign(3, "W") * degrees(4)];
    return place.every(Number.isFinite) && place.some(Boolean) ? place : null;
  } catch { return null; }  // EXIF is whatever a camera wrote
}

// ---- The field

// Makes of the file field in `box` a list of photos of the draft `of`, which are sent as soon as they are chosen.
// `place`, where there is one, has `get` and `set` for [latitude, longitude] of the report.
export function photoField(box, { of, place, chosen = () => {} }) {
  const words = box.querySelector("template").content;
  const node = (name) => words.querySelector(`[data-${name}]`).cloneNode(true);
  const said = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), node(name).textContent);
  const [input, ids, list, live, note, offer] = ["[type=file]", "[name=uploads]", ".picked", "[data-live]", "[data-note]", "[data-offer]"].map((each) => box.querySelector(each));
  const channel = "BroadcastChannel" in self ? new BroadcastChannel("lapor-foto") : null;
  const watchers = new Set();
  let shots = [], running = false, waiting = null, opening = null;

  box.classList.add("on");
  box.querySelector("[data-pick]").hidden = false;
  box.querySelector("[data-came]")?.remove();
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await add(files);
  });
  offer.querySelector("button").addEventListener("click", () => {
    place.set(isUsed() ? null : offered());
    draw();
    live.textContent = isUsed() ? offer.querySelector("p").textContent : "";
  });
  channel?.addEventListener("message", ({ data }) => data === of && refresh());

  async function add(files) {
    const room = MOST - shots.length;
    note.textContent = live.textContent = files.length > room ? said("most") : "";
    const fresh = files.slice(0, room).map((file, n) => [file, shot({ id: crypto.randomUUID(), of, at: Date.now() + n, blob: null, film: file.type.startsWith("video/"), place: null, upload: null, ready: false, why: null }, "preparing")]);
    shots.push(...fresh.map(([, each]) => each));
    draw();
    if (fresh.length) chosen();
    if (input.disabled) list.lastElementChild.querySelector("[data-drop]").focus();
    for (const [file, each] of fresh) {
      const { row } = each;
      row.place = row.film ? null : await placeOf(file);
      try { row.blob = row.film ? await copied(file, most(row)) : await shrink(file); } catch { /* its own app took it away */ }
      const seconds = row.film && row.blob ? await watched(row.blob, ({ duration }) => duration) : 0;
      if (!shots.includes(each)) continue;
      row.of = of;
      if (!row.blob?.size) row.why = said("unreadable");
      else if (row.film && !words.querySelector("[data-large-film]")) [row.why, row.blob] = [said("no-film"), null];
      else if (row.blob.size > most(row)) [row.why, row.blob] = [said(row.film ? "large-film" : "large"), null];
      else if (seconds > MAX_FILM_S && seconds < Infinity) [row.why, row.blob] = [said("long-film"), null];
      await keep(each, true);
      change(each, row.why ? "failed" : "waiting");
      pump();
    }
  }

  const shot = (row, state) => ({ row, state, part: 0, kept: true, node: null, poke: new EventTarget(), stop: new AbortController() });

  async function keep(each, isNew = false) {
    try {
      if (!await keepPhoto(each.row, isNew) && each.kept) return forget(each);
      channel?.postMessage(of);
    } catch { each.kept = false; }
  }

  async function pump() {
    if (running) return;
    running = true;
    for (let each; (each = shots.find(({ state }) => state === "waiting"));) await go(each);
    running = false;
  }

  async function go(each) {
    const { stop: { signal }, poke } = each;
    change(each, "sending", each.part);
    try {
      await alone(`lapor-foto-${each.row.id}`, async () => {
        const there = each.kept ? await findPhoto(each.row.id).catch(() => each.row) : each.row;
        if (!there) return forget(each);
        each.row = there;
        const found = await bring(there, { keep: () => keep(each), tell: (...is) => change(each, ...is), signal, poke });
        Object.assign(there, { ready: true, why: null, place: there.place ?? found ?? null });
        await keep(each);
        change(each, "ready", 1);
      }, signal);
    } catch (error) {
      if (signal.aborted) return;
      Object.assign(each.row, { why: (error instanceof Refused && error.message) || said("unwanted"), upload: null, ready: false });
      await keep(each);
      change(each, "failed");
    }
  }

  function forget(each) {
    each.stop.abort();
    shots = shots.filter((other) => other !== each);
    draw();
  }

  async function remove(each) {
    const at = shots.indexOf(each);
    forget(each);
    if (isUsed(each.row.place) && !shots.some((other) => isUsed(other.row.place))) place.set(null);
    live.textContent = said("removed", { n: at + 1 });
    (list.querySelectorAll("[data-drop]")[Math.min(at, shots.length - 1)] ?? input).focus();
    await dropPhoto(each.row.id).catch(() => {});
    channel?.postMessage(of);
    if (each.row.upload) ask("DELETE", `/v1/uploads/${each.row.upload}`, {});
    draw();
  }

  // What another tab did with photos of the same draft.
  async function refresh() {
    const rows = await photosOf(of).catch(() => []);
    for (const each of shots.filter(({ kept, state }) => kept && state !== "preparing")) {
      const row = rows.find(({ id }) => id === each.row.id);
      if (!row) forget(each);
      else if (row.ready && each.state === "waiting") { each.row = row; change(each, "ready", 1); }
    }
    const known = new Set(shots.map(({ row }) => row.id));
    shots.push(...rows.filter(({ id }) => !known.has(id)).map(begun));
    draw();
    pump();
  }

  const begun = (row) => {
    const each = shot(row, row.why ? "failed" : row.ready ? "ready" : "waiting");
    if (row.ready) check(each);
    return each;
  };

  // The server forgets after a day what was attached to nothing.
  async function check(each) {
    const { status } = await ask("GET", `/v1/uploads/${each.row.upload}`, {});
    if (status !== 404) return;
    Object.assign(each.row, each.row.blob ? { ready: false, upload: null } : { ready: false, upload: null, why: said("gone") });
    await keep(each);
    change(each, each.row.why ? "failed" : "waiting");
    pump();
  }

  function change(each, state, part = each.part, detail = "") {
    const before = each.state;
    Object.assign(each, { state, part, detail });
    if (before !== state && ["cut", "ready", "failed"].includes(state)) live.textContent = `${title(each)}: ${wording(each)}`;
    draw();
  }

  const title = (each) => said(each.row.film ? "name-film" : "name", { n: shots.indexOf(each) + 1 });
  const percent = (each) => Math.floor(100 * Math.min(1, each.part));
  const wording = (each) => each.state === "failed" ? each.row.why
    : [each.detail || said(each.state, { percent: percent(each) }), each.kept || each.state === "ready" ? "" : said("unkept")].filter(Boolean).join(" ");
  const offered = () => shots.find(({ row }) => row.place)?.row.place;
  const isUsed = (where = offered()) => Boolean(where && place?.get() && where.every((each, n) => Math.abs(each - place.get()[n]) < 1e-4));

  function draw() {
    const items = shots.map((each, n) => {
      each.node ??= built(each);
      if (each.row.blob && !each.pictured) thumbnail(each);
      const { node: item, state } = each;
      item.className = `shot ${state}`;
      item.querySelector("b").textContent = title(each);
      item.querySelector("canvas").setAttribute("aria-label", title(each));
      item.querySelector("[data-size]").textContent = each.row.blob ? size(each.row.blob.size) : "";
      const words = item.querySelector("[data-state]");
      if (words.textContent !== wording(each)) words.textContent = wording(each);
      const bar = item.querySelector("progress");
      bar.hidden = !["sending", "cut"].includes(state);
      bar.value = percent(each);
      bar.setAttribute("aria-label", said("bar", { n: n + 1 }));
      item.querySelector("[data-again]").hidden = state !== "cut";
      for (const about of item.querySelectorAll(".of")) about.textContent = ` ${title(each).toLowerCase()}`;
      return item;
    });
    // What stays is left where it is, with the focus that it may have.
    for (const item of [...list.children]) if (!items.includes(item)) item.remove();
    list.append(...items.filter((item) => !item.isConnected));
    ids.value = ready().join(" ");
    input.disabled = shots.length >= MOST;
    box.classList.toggle("full", input.disabled);
    const where = place && offered();
    offer.hidden = !where;
    if (where) {
      offer.querySelector("p").textContent = said(isUsed() ? "used" : "has-place");
      offer.querySelector("button").textContent = said(isUsed() ? "unuse" : "use");
    }
    for (const watch of watchers) watch();
  }

  const size = (bytes) => `${new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 }).format(Math.max(bytes / 1e6, 0.1))} MB`;

  function built(each) {
    const item = node("shot");
    item.querySelector("[data-drop]").addEventListener("click", () => remove(each));
    item.querySelector("[data-again]").addEventListener("click", () => each.poke.dispatchEvent(new Event("go")));
    return item;
  }

  async function thumbnail(each) {
    const canvas = each.node.querySelector("canvas");
    each.pictured = true;
    const square = (picture, width, height) => {
      const side = Math.min(width, height);
      canvas.getContext("2d").drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
      canvas.classList.add("drawn");
    };
    if (each.row.film) return watched(each.row.blob, (film) => square(film, film.videoWidth, film.videoHeight));
    try {
      const picture = await createImageBitmap(each.row.blob);
      square(picture, picture.width, picture.height);
      picture.close();
    } catch { /* this browser can't decode it; the server may */ }
  }

  async function open(key) {
    of = key;
    const given = ids.value.split(" ").filter(Boolean);
    let rows = [];
    try { rows = await photosOf(of); } catch { /* no drafts in this browser */ }
    shots = [...rows.map(begun), ...shots];
    for (const upload of given.filter((id) => !rows.some((row) => row.upload === id))) {
      const each = shot({ id: crypto.randomUUID(), of, at: Date.now(), blob: null, place: null, upload, ready: true, why: null }, "ready");
      shots.push(each);
      await keep(each, true);
    }
    opening = null;
    draw();
    pump();
  }

  const ready = () => shots.filter(({ state }) => state === "ready").map(({ row }) => row.upload);

  // Until they are read from the device it can't be said that none is left.
  const left = () => (opening ? 1 : shots.filter(({ state }) => state !== "ready").length);

  return {
    ready,
    count: () => shots.length,
    left,

    // Shows the photos of the draft `key`, beside those that the server's page says it has.
    open(key) { return (opening = open(key)); },

    // Gives the photos to another draft, each as one of its own.
    async moveTo(key) {
      of = key;
      const old = shots;
      for (const each of old) each.stop.abort();
      shots = old.filter(({ row }) => row.blob).map(({ row, state }) => shot({ ...row, id: crypto.randomUUID(), of, upload: null, ready: false }, state === "failed" ? "failed" : "waiting"));
      for (const each of shots) await keep(each, true);
      draw();
      pump();
    },

    // Waits until all have come: true when it may be sent, false when somebody goes back, "offline" without a network;
    // null where that is waited for already.
    // `say` shows what is waited for, and asks whether to go without.
    async settled(say) {
      await opening;
      if (waiting) return null;
      return new Promise((resolve) => {
        let shown;
        const done = (value) => { watchers.delete(look); removeEventListener("offline", look); waiting = null; say(); resolve(value); };
        const look = () => {
          const failed = shots.filter(({ state }) => state === "failed");
          if (!failed.length && !left()) return done(true);
          if (!failed.length && !navigator.onLine) return done("offline");
          const kind = failed.length ? "failed" : "first";
          if (shown?.kind !== kind) {
            const notice = node(`wait-${kind}`);
            notice.querySelector("[data-without]").addEventListener("click", async () => {
              if (kind === "first") return done(true);
              for (const each of shots.filter(({ state }) => state === "failed")) await remove(each);
            });
            notice.querySelector("[data-look]")?.addEventListener("click", () => done(false));
            shown = { kind, notice };
            say(notice);
          }
          const told = failed.map((each) => `${title(each)}: ${each.row.why}`).join(" ");
          const why = shown.notice.querySelector("[data-why]"), text = told || said("left", { left: left() });
          if (why.textContent !== text) why.textContent = text;
          const bar = shown.notice.querySelector("progress");
          if (bar) bar.value = shots.reduce((sum, each) => sum + (each.state === "ready" ? 1 : each.part), 0) / shots.length;
        };
        waiting = done;
        watchers.add(look);
        addEventListener("offline", look);
        look();
      });
    },
    cancel: () => waiting?.(false),
  };
}

export const asPosition = (place) => place ? `${place[0].toFixed(5)},${place[1].toFixed(5)},${METRES}` : "";

// ---- A draft with its photos, from any page

// As `send` of drafts.js; or {refused} with the server's sentence, or `unwanted`, about a photo that it does not want.
export async function sendDraft(draft, unwanted, tell = () => {}) {
  const photos = await photosOf(draft.key);
  for (const [n, { id }] of photos.entries()) {
    const outcome = await alone(`lapor-foto-${id}`, async () => {
      const photo = await findPhoto(id);
      if (!photo) return null;
      if (photo.why) return { refused: photo.why };
      try {
        await bring(photo, { keep: () => keepPhoto(photo), tell: () => tell(n + 1, photos.length), tries: 4 });
      } catch (error) {
        if (error instanceof Cut) return navigator.onLine ? "later" : "offline";
        if (!(error instanceof Refused)) throw error;
        const why = error.message || unwanted;
        await keepPhoto({ ...photo, why, upload: null, ready: false });
        return { refused: why };
      }
      await keepPhoto({ ...photo, ready: true });
      return null;
    });
    if (outcome) return outcome;
  }
  return send(draft, (await photosOf(draft.key)).map(({ upload }) => upload));
}

// Lets go of the photos of a draft that the server does not want.
export async function dropRefused(key) {
  for (const { id } of (await photosOf(key)).filter(({ why }) => why)) await dropPhoto(id);
}
