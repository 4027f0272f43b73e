// A photo is sent as soon as it is chosen, and the words stay where they are. Without this script it goes with the form.
const box = document.querySelector("[data-upload]");
const fields = box.querySelectorAll("input[type=file]");
const shots = box.querySelector("[data-shots]");
const said = box.querySelector("[data-said]");
const form = box.closest("form");
const most = Number(box.dataset.most);
let sending = 0;

box.classList.add("on");
for (const button of box.querySelectorAll("[data-pick]")) button.hidden = false;

for (const field of fields) {
  field.addEventListener("change", () => {
    const files = [...field.files];
    field.value = ""; // it would go once more with the form
    for (const file of files) {
      if (shots.children.length >= most) return say(`Paling banyak ${most} foto.`);
      send(file, shots.appendChild(line(file)));
    }
  });
}
shots.addEventListener("click", (event) => {
  const drop = event.target.closest("[data-drop]");
  if (!drop) return;
  event.preventDefault();
  const shot = drop.closest("li");
  shot.request?.abort();
  shot.remove();
  fields[fields.length - 1].focus();
  say("Foto dibuang.");
});
form.addEventListener("submit", (event) => {
  if (!sending) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say("Tunggu sebentar, foto masih dikirim.");
}, { capture: true });

function line(file) {
  const shot = document.createElement("li");
  shot.innerHTML = '<span class="state"></span><progress max="100" value="0" aria-label="Kiriman foto"></progress>' +
    '<button class="second small" type="button" data-again hidden>Coba lagi</button>' +
    '<button class="second small" type="button" data-drop>Buang</button>';
  shot.querySelector("[data-drop]").ariaLabel = `Buang ${file.name}`;
  shot.querySelector("[data-again]").ariaLabel = `Coba lagi ${file.name}`;
  shot.querySelector("[data-again]").addEventListener("click", () => send(file, shot));
  return shot;
}

function send(file, shot) {
  const [how, bar, again] = [".state", "progress", "[data-again]"].map((each) => shot.querySelector(each));
  const request = (shot.request = new XMLHttpRequest());
  sending += 1;
  again.hidden = true;
  bar.hidden = false;
  bar.value = 0;
  how.textContent = "Mengirim…";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    if (event.loaded === event.total) how.textContent = "Diperiksa…";
  });
  request.addEventListener("loadend", () => {
    sending -= 1;
    bar.hidden = true;
    if (request.status === 200) return came(shot, request.response.name);
    again.hidden = request.status === 422;
    const cut = request.status ? "Belum tersimpan." : "Kiriman terputus.";
    how.textContent = request.response?.problem ?? `${cut} Tulisan Anda tetap ada.`;
    shot.classList.add("wrong");
    say(how.textContent);
  });
  request.open("POST", box.dataset.upload);
  request.responseType = "json";
  const data = new FormData();
  data.append("photos", file);
  shot.classList.remove("wrong");
  request.send(data);
}

function came(shot, name) {
  const [kept, picture] = [document.createElement("input"), document.createElement("img")];
  Object.assign(kept, { type: "hidden", name: "photo", value: name });
  Object.assign(picture, { src: `${box.dataset.upload}/${name}?kecil`, alt: "Foto terkirim", width: 96, height: 96 });
  shot.prepend(kept, picture);
  for (const part of [".state", "progress", "[data-again]"]) shot.querySelector(part).remove();
  say("Foto tersimpan.");
}

function say(text) {
  said.textContent = "";
  said.textContent = text;
}
