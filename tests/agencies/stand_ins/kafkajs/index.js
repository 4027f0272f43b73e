// A broker in RECORDS (a record a line), the first THERE of them before anybody listens: consumers get those; what is produced is printed, and accepted; a telephone number is masked.
import { readFileSync } from "node:fs";

const records = (process.env.RECORDS ?? "") && readFileSync(process.env.RECORDS, "utf8").trim().split("\n");
let heard;

export const logLevel = { ERROR: 1 };

export class Kafka {
  admin() {
    const offsets = async () => [{ low: "0", high: process.env.THERE }];
    return { connect: async () => {}, fetchTopicOffsets: offsets, disconnect: async () => {} };
  }

  consumer() {
    return {
      events: { FETCH: "fetch" },
      on: (event, ready) => ready(),
      connect: async () => {},
      subscribe: async () => {},
      disconnect: async () => {},
      run: async ({ eachMessage }) => {
        heard = eachMessage;
        for (const [offset, value] of Object.entries(records || [])) {
          await eachMessage({ message: { key: JSON.parse(value).subject, value, offset } });
        }
      },
    };
  }

  producer() {
    const send = async ({ messages: [{ value }] }) => {
      console.log(value);
      const { id, data } = JSON.parse(value);
      const reply = { event_id: id, accepted: true, masked: data.message?.includes("0812") ? ["[TELEPON]"] : [] };
      await heard({ message: { value: JSON.stringify({ data: { reply } }) } });
    };
    return { connect: async () => {}, send, disconnect: async () => {} };
  }
}
