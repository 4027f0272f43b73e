"""Stands in for one of our services: migrates nothing, is ready immediately, exits when told."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    """Answers 200 to everything."""

    def do_GET(self) -> None:
        """Answer 200."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def main() -> None:
    """Handle `migrate`, `build --out FILE` or `run`."""
    if sys.argv[1] == "build":
        Path(sys.argv[sys.argv.index("--out") + 1]).write_text("a model")
    if "FAIL_WITH" in os.environ:
        sys.stderr.write("FAIL_WITH is set, so this leaves\n")
        sys.exit(int(os.environ["FAIL_WITH"]))
    if sys.argv[1] != "run":
        return
    sys.stdout.write(json.dumps(sorted(os.environ)) + "\n")
    server = ThreadingHTTPServer((os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"])), Ready)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
