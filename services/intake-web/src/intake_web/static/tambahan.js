// What is added to a complaint, wherever there is a form for it: its photos are sent as soon as they are chosen, and without a network it
// is said that it is not sent, and what was typed stays where it is.
import { dropPhoto, photosOf, reachable, tidy } from "./drafts.js";
import { photoField } from "./unggah.js";

const SENT = "photos-sent";
const unsent = () => document.getElementById("kabar-kirim").content.cloneNode(true);

function enhance() {
  for (const form of document.querySelectorAll("form[action$='/tambahan']:not([data-on])")) {
    form.dataset.on = "";
    const box = form.querySelector("[data-attach]");
    const photos = box && photoField(box, { of: `tambahan-${box.dataset.attach}` });
    photos?.open(`tambahan-${box.dataset.attach}`);
    const notice = form.appendChild(document.createElement("div"));
    notice.setAttribute("aria-live", "polite");
    const tell = (shown) => notice.replaceChildren(...(shown ? [shown] : []));
    let busy = false, leaving = false;
    form.addEventListener("submit", async (event) => {
      if (leaving) return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      const ready = await mayGo(photos, tell).finally(() => { busy = false; });
      if (ready === "unsent") tell(unsent());
      if (ready !== true) return;
      tell();
      sessionStorage.setItem(SENT, photos?.ready().join(" ") ?? "");
      leaving = true;
      form.requestSubmit();
      setTimeout(() => { leaving = false; }, 3000);
    });
  }
}

// Whether it may be sent: true, "unsent" without a network, or anything else where somebody goes back to the photos.
async function mayGo(photos, tell) {
  const settled = !photos?.left() || await photos.settled(tell);
  if (settled !== true) return settled === "offline" ? "unsent" : settled;
  return await reachable() || "unsent";
}

// What was sent is the complaint's, and needs not be kept on the device.
async function forget() {
  const number = /SPG-[0-9A-Z]{4}-[0-9A-Z]{5}/.exec(location.pathname)?.[0];
  const sent = new Set(sessionStorage.getItem(SENT)?.split(" "));
  sessionStorage.removeItem(SENT);
  for (const { id, upload } of await photosOf(`tambahan-${number}`)) if (sent.has(upload)) await dropPhoto(id);
}

const sent = new URLSearchParams(location.search).has("terkirim");
(sent ? forget().catch(() => {}) : Promise.resolve()).then(enhance);
document.addEventListener("renewed", enhance);
tidy().catch(() => {});
