"""Simpan keadaan terakhir setiap laporan unit Anda, tanpa Kafka. Terus-menerus, atau sampai habis dengan --sekali."""

import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request

MEJA, UNIT, KUNCI = os.environ["MEJA"], os.environ["UNIT"], os.environ["KUNCI"]
db = sqlite3.connect(os.environ.get("LAPORAN_DB", "laporan.db"))
db.execute("CREATE TABLE IF NOT EXISTS laporan (id PRIMARY KEY, tiket, seq INT, sebab, isi)")
db.execute("CREATE TABLE IF NOT EXISTS sampai (kursor)")
simpan = """INSERT INTO laporan VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
    SET seq = excluded.seq, sebab = excluded.sebab, isi = excluded.isi WHERE excluded.seq >= laporan.seq"""
sekali = "--sekali" in sys.argv
while True:
    (kursor,) = db.execute("SELECT kursor FROM sampai").fetchone() or ("0",)
    alamat = f"{MEJA}/api/v1/units/{UNIT}/events?after={kursor}&wait={0 if sekali else 25}"
    try:
        minta = urllib.request.Request(alamat, headers={"Authorization": f"Bearer {KUNCI}"})
        with urllib.request.urlopen(minta, timeout=60) as jawaban:
            bagian = json.load(jawaban)
    except urllib.error.HTTPError as galat:
        if galat.code == 410:  # mejanya dipulihkan, atau program ini lama mati: baca lagi dari awal
            db.execute("DELETE FROM sampai")
            db.commit()
        elif galat.code in (429, 500, 502, 503):
            time.sleep(int(galat.headers.get("Retry-After") or 5))
        else:
            sys.exit(f"{galat.code}: {galat.read().decode()}")
        continue
    except OSError as galat:  # jaringan: coba lagi
        print(galat, file=sys.stderr)
        time.sleep(5)
        continue
    for kabar in bagian["events"]:
        data = kabar["event"] and kabar["event"]["data"]
        if data is None:  # laporan dihapus atas permintaan pelapornya: hapus juga di sini
            db.execute("DELETE FROM laporan WHERE id = ?", (kabar["complaint_id"],))
        elif c := data.get("complaint"):
            isi = json.dumps(c, ensure_ascii=False)
            db.execute(simpan, (c["complaint_id"], c["ticket"], c["seq"], data["why"], isi))
            print(c["ticket"], data["why"], c["status"], c["text"][:60], sep="\t")
    db.execute("DELETE FROM sampai")
    db.execute("INSERT INTO sampai VALUES (?)", (bagian["next"],))
    db.commit()  # yang tersimpan dan sampai di mana, sekaligus: program boleh mati kapan saja
    if sekali and not bagian["more"]:
        break
