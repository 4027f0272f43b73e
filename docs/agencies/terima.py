"""Terima laporan unit Anda dan simpan keadaan terakhirnya. Terus-menerus, atau sampai habis dengan --sekali."""

import json
import os
import sqlite3
import sys

from confluent_kafka import Consumer, KafkaError
from koneksi import GRUP, KAFKA, MASUK

db = sqlite3.connect(os.environ.get("LAPORAN_DB", "laporan.db"))
db.execute("CREATE TABLE IF NOT EXISTS laporan (id PRIMARY KEY, tiket, seq INT, sebab, alasan, isi)")
simpan = """INSERT INTO laporan VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
    SET seq = excluded.seq, sebab = excluded.sebab, alasan = excluded.alasan, isi = excluded.isi
    WHERE excluded.seq >= laporan.seq"""
dari_awal = {"auto.offset.reset": "earliest", "enable.partition.eof": True}
consumer = Consumer(KAFKA | dari_awal | {"group.id": f"{GRUP}terima"})
consumer.subscribe([MASUK])
while True:
    rekaman = consumer.poll(1)
    if rekaman is None:
        continue
    if galat := rekaman.error():
        if galat.code() != KafkaError._PARTITION_EOF:
            print(galat, file=sys.stderr)
        elif "--sekali" in sys.argv:
            break
        continue
    data = rekaman.value() and json.loads(rekaman.value())["data"]
    if data is None:  # laporan dihapus atas permintaan pelapornya
        db.execute("DELETE FROM laporan WHERE id = ?", (rekaman.key().decode(),))
    elif c := data.get("complaint"):  # tidak ada pada penolakan balasan untuk laporan unit lain
        sebab, alasan = data["why"], data.get("reply", data).get("reason", "")
        db.execute(simpan, (c["complaint_id"], c["ticket"], c["seq"], sebab, alasan, json.dumps(c, ensure_ascii=False)))
        print(c["ticket"], f"{sebab}: {alasan or '-'}", c["status"], c["text"][:60], sep="\t")
    db.commit()
    consumer.commit(rekaman, asynchronous=False)
consumer.close()
