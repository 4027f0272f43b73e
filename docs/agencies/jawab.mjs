// Balas satu laporan tanpa Kafka: node jawab.mjs TIKET TINDAKAN [message=... reason=... support=A,B evidence='[{...}]']
import { randomUUID } from "node:crypto";

const { MEJA, UNIT, KUNCI } = process.env;
const [tiket, tindakan, ...isian] = process.argv.slice(2);
if (!tindakan || !isian.every((satu) => satu.includes("="))) {
  console.error("node jawab.mjs TIKET TINDAKAN [isian=nilai ...]");
  process.exit(1);
}
const daftar = { support: (nilai) => nilai.split(","), evidence: JSON.parse }; // yang lain teks, apa adanya
const bidang = Object.fromEntries(isian.map((satu) => {
  const [nama, ...sisa] = satu.split("=");
  return [nama, (daftar[nama] ?? String)(sisa.join("="))];
}));
async function minta(jalan, pilihan = {}) {
  const headers = { Authorization: `Bearer ${KUNCI}`, ...pilihan.headers };
  return fetch(`${MEJA}/api/v1/units/${UNIT}/${jalan}`, { ...pilihan, headers, signal: AbortSignal.timeout(60_000) });
}
// Tidak pasti sudah terkirim? Kirim lagi dengan kunci yang sama: yang kedua diabaikan.
const headers = { "Idempotency-Key": randomUUID(), "Content-Type": "application/json" };
const body = JSON.stringify({ ticket: tiket, action: tindakan, ...bidang });
let jawaban;
for (let kali = 0; kali < 5; kali++) {
  jawaban = await minta("replies", { method: "POST", headers, body });
  if (![429, 500, 502, 503].includes(jawaban.status)) break;
  await new Promise((lanjut) => setTimeout(lanjut, 1000 * Number(jawaban.headers.get("retry-after") ?? 5)));
}
const terkirim = await jawaban.json();
if (!jawaban.ok) {
  console.error([terkirim.detail, ...(terkirim.errors ?? []).map((e) => `${e.field}: ${e.detail}`)].join("\n"));
  process.exit(1);
}
let kursor = terkirim.cursor; // jawabannya datang sesudah ini
const batas = Date.now() + 30_000;
while (Date.now() < batas) {
  const bagian = await (await minta(`events?after=${kursor}&wait=10`)).json();
  kursor = bagian.next;
  const { reply } = bagian.events.map(({ event }) => event?.data ?? {}).find(({ reply }) => reply?.event_id === terkirim.event_id) ?? {};
  if (!reply) continue;
  if (!reply.accepted) { console.error(`ditolak (${reply.code}): ${reply.reason}`); process.exit(1); }
  console.log(reply.masked?.length ? `diterima; warga membaca ${reply.masked.join(" ")} sebagai gantinya` : "diterima");
  process.exit();
}
console.log("terkirim, belum dijawab dalam 30 detik; jawabannya akan datang di kabar unit Anda");
