// Sambungan ke Kafka dengan akun unit Anda; dipakai terima.mjs dan balas.mjs.
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const { KAFKA_BOOTSTRAP, KAFKA_PASSWORD, KAFKA_CA_FILE, KAFKA_PROTOCOL = "SASL_SSL" } = process.env;
export const { UNIT } = process.env;
export const kafka = new Kafka({
  brokers: [KAFKA_BOOTSTRAP],
  ssl: KAFKA_PROTOCOL === "SASL_SSL" && (KAFKA_CA_FILE ? { ca: readFileSync(KAFKA_CA_FILE) } : true),
  sasl: { mechanism: "scram-sha-512", username: UNIT, password: KAFKA_PASSWORD },
  logLevel: logLevel.ERROR,
});
export const [masuk, keluar] = ["routed", "replied"].map((arah) => `unit.${UNIT.toLowerCase()}.${arah}.v1`);
export const grup = `unit.${UNIT.toLowerCase()}.`; // nama grup harus berawalan ini
