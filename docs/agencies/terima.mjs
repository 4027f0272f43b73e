// Daftar kerja unit Anda, yang terpenting di atas; ditampilkan lagi setiap kali berubah. Dengan --sekali: sekali saja.
import { randomUUID } from "node:crypto";
import { UNIT, grup, kafka, masuk } from "./koneksi.mjs";

const usai = ["resolved", "closed", "handed_over", "rejected", "cancelled", "merged"];
const giliranKami = ({ why, complaint: c }) =>
  why !== "withdrawn" && !usai.includes(c.status) &&
  (c.role === "support" ? c.support.some((s) => s.unit === UNIT && s.status !== "done") : c.unit === UNIT);
// Untuk meja triase dan atasan: ada yang harus dilakukan, walaupun unit lain yang memimpin atau laporannya sudah selesai.
const meja = ["handed-over", "similar", "urgent", "rated", "escalated", "rights-requested"];
const untukMeja = ({ why, stage, reply, complaint: c }) =>
  reply ? !reply.accepted && c.role !== "support" && c.unit !== UNIT : meja.includes(why) || stage === "rights";
const urutan = ({ complaint: c }) =>
  [String(1e6 - (c.priority ?? 0)).padStart(8, "0"), c.deadline_at ?? "9999", c.received_at].join();
const terakhir = new Map(); // rekaman terakhir setiap kunci adalah keadaan laporan itu sekarang
function tampilkan() {
  const daftar = [...terakhir.values()].filter((data) => data.complaint && (giliranKami(data) || untukMeja(data)));
  console.log(`${new Date().toLocaleString("id-ID")}: ${daftar.length} laporan`);
  for (const { complaint: c, why, reason, reply } of daftar.sort((a, b) => (urutan(a) < urutan(b) ? -1 : 1))) {
    const untukApa = `${why}: ${(reply ?? { reason }).reason || "-"}`;
    console.log([c.ticket, c.status, untukApa, c.deadline_at ?? "-", c.category ?? "-", c.text].join("\t"));
  }
}
const admin = kafka.admin();
await admin.connect();
const [{ low, high }] = await admin.fetchTopicOffsets(masuk);
const consumer = kafka.consumer({ groupId: `${grup}daftar-${randomUUID()}` });
await consumer.connect();
await consumer.subscribe({ topic: masuk, fromBeginning: true });
const terbaca = new Promise((semua) => {
  if (low === high) semua(tampilkan());
  const eachMessage = async ({ message: { key, value, offset } }) => {
    if (value === null) terakhir.delete(String(key)); // dihapus atas permintaan pelapornya
    else terakhir.set(String(key), JSON.parse(value).data);
    if (BigInt(offset) + 1n >= BigInt(high)) semua(tampilkan()); // yang lama sudah terbaca
  };
  consumer.run({ autoCommit: false, eachMessage });
});
await Promise.all([terbaca, admin.disconnect()]);
if (process.argv.includes("--sekali")) await consumer.disconnect();
