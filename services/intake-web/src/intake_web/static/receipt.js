// The page after sending: the draft goes, its number stays on this device; the code is copied.
import { addTicket, all, drop } from "./drafts.js";

const MARK = 8;

const card = document.querySelector("[data-ticket]");
if (card) {
  keep(card.dataset.ticket, "rahasia" in card.dataset).catch(() => {}).finally(showOnce);
  const copied = document.createElement("span");
  copied.setAttribute("role", "status");
  for (const button of card.querySelectorAll("[data-copy-of]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copyOf).textContent);
      button.after(copied);
      copied.textContent = button.dataset.done;
    });
  }
}

// Only the draft goes that was sent under this number: its key begins as the address says. Of another complaint's receipt that is opened
// again while a draft waits, it does not. A confidential number is not listed: others may hold this phone, too.
async function keep(number, confidential) {
  const mark = new URLSearchParams(location.search).get("baru");
  const [drafts] = await Promise.all([all(), confidential || addTicket(number, document.querySelector("blockquote.own")?.textContent)]);
  for (const { key } of drafts) if (mark.length === MARK && key.startsWith(mark)) await drop(key);
}

// The address no longer asks for the code: a reload, the history or a bookmark shows it to nobody.
function showOnce() {
  const address = new URL(location);
  address.searchParams.delete("baru");
  history.replaceState(null, "", address);
}

// A secret link: what stands behind the # was sent to nobody, and leaves the address bar at once.
const code = location.pathname.endsWith("/buka") && decodeURIComponent(location.hash.slice(1));
if (code) {
  document.getElementById("secret").value = code;
  history.replaceState(null, "", location.pathname);
}
