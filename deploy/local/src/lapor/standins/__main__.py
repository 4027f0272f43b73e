"""Runs the stand-ins: `python -m lapor.standins`."""

import sys

import msgspec
import uvicorn

from lapor.standins.app import build_app
from lapor.standins.settings import WrongSettings, from_environment


def main() -> int:
    """Serve until SIGTERM. Return the exit code: 78 if the settings or the state file are unusable."""
    try:
        settings = from_environment()
        app = build_app(settings)
    except (WrongSettings, msgspec.DecodeError, OSError) as error:
        sys.stderr.write(f"stand-ins: {error}\n")
        return 78
    # No access log: the send call carries the gateway's password in its address.
    uvicorn.run(app, host=settings.host, port=int(settings.port), access_log=False, ws="none", log_level="warning")
    return 0


if __name__ == "__main__":
    sys.exit(main())
