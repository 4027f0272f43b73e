"""Terima webhook dari meja: periksa tanda tangannya, jawab segera, lalu baca kabarnya dengan kabar.py --sekali."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError  # pip install standardwebhooks

RAHASIA = Webhook(os.environ["RAHASIA"])  # whsec_…, ditampilkan sekali oleh meja
PORT = int(os.environ.get("PORT", "8080"))  # di belakang proxy dengan HTTPS
perintah = [sys.executable, os.path.join(os.path.dirname(__file__), "kabar.py"), "--sekali"]
ada_kabar = threading.Event()


def baca():
    while True:
        ada_kabar.wait(timeout=600)  # juga tanpa pemberitahuan: tidak ada yang bergantung padanya
        ada_kabar.clear()
        subprocess.run(perintah, check=False)


class Penerima(BaseHTTPRequestHandler):
    def do_POST(self):
        isi = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 100_000))
        try:
            pemberitahuan = RAHASIA.verify(isi, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.send_error(401)
            return
        self.send_response(204)  # segera: yang lebih lama dari 10 detik dikirim lagi
        self.end_headers()
        print(pemberitahuan["type"], pemberitahuan["data"].get("ticket", "-"), flush=True)
        ada_kabar.set()  # sekali untuk banyak pemberitahuan, yang boleh datang dua kali dan tidak berurutan


if "KUNCI" in os.environ:
    threading.Thread(target=baca, daemon=True).start()
print(f"menunggu di port {PORT}", flush=True)
ThreadingHTTPServer(("127.0.0.1", PORT), Penerima).serve_forever()
