// Daftar kerja unit Anda: laporan yang masih terbuka, yang terpenting di atas.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const { UNIT, KAFKA_BOOTSTRAP, KAFKA_PASSWORD, KAFKA_CA_FILE, KAFKA_PROTOCOL = "SASL_SSL" } = process.env;
const kafka = new Kafka({
  brokers: [KAFKA_BOOTSTRAP],
  ssl: KAFKA_PROTOCOL === "SASL_SSL" && (KAFKA_CA_FILE ? { ca: readFileSync(KAFKA_CA_FILE) } : true),
  sasl: { mechanism: "scram-sha-512", username: UNIT, password: KAFKA_PASSWORD },
  logLevel: logLevel.ERROR,
});
const topic = `unit.${UNIT.toLowerCase()}.routed.v1`;
const admin = kafka.admin();
await admin.connect();
const [{ low, high }] = await admin.fetchTopicOffsets(topic);
await admin.disconnect();

const terakhir = new Map(); // rekaman terakhir setiap kunci adalah keadaan laporan itu sekarang
if (low !== high) {
  const consumer = kafka.consumer({ groupId: `unit.${UNIT.toLowerCase()}.daftar-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise((selesai) =>
    consumer.run({
      autoCommit: false,
      eachMessage: async ({ message: { key, value, offset } }) => {
        if (value === null) terakhir.delete(String(key)); // dihapus atas permintaan pelapornya
        else terakhir.set(String(key), JSON.parse(value).data);
        if (BigInt(offset) + 1n >= BigInt(high)) selesai();
      },
    }),
  );
  await consumer.disconnect();
}
const usai = ["resolved", "closed", "handed_over", "rejected", "cancelled", "merged"];
const giliranKami = ({ why, complaint: c }) =>
  why !== "withdrawn" && !usai.includes(c.status) &&
  (c.role === "support" ? c.support.some((s) => s.unit === UNIT && s.status !== "done") : c.unit === UNIT);
// Untuk meja triase dan atasan: ada yang harus dilakukan, walaupun unit lain yang memimpin atau laporannya sudah selesai.
const alasan = ({ reason, reply }) => (reply ? reply.reason : reason) ?? "";
const untukMeja = ({ why, reason, reply, complaint: c }) =>
  reply ? !reply.accepted && c.role !== "support" && c.unit !== UNIT
    : ["handed-over", "similar", "rated"].includes(why) || /hak pelapor \(UU PDP\)|permintaan hak/.test(reason ?? "");
const urutan = (c) => [String(1e6 - (c.priority ?? 0)).padStart(8, "0"), c.deadline_at ?? "9999", c.received_at].join();
const daftar = [...terakhir.values()].filter((data) => data.complaint && (giliranKami(data) || untukMeja(data)));
daftar.sort((a, b) => (urutan(a.complaint) < urutan(b.complaint) ? -1 : 1));
for (const data of daftar) {
  const { complaint: c, why } = data;
  const untukApa = `${why}: ${alasan(data) || "-"}`;
  console.log([c.ticket, c.status, untukApa, c.deadline_at ?? "-", c.category ?? "-", c.text].join("\t"));
}
