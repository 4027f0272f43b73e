"""The command line of intake-web."""

from intake.cli import intake_cli
from intake_web.app import SERVICE, run

main = intake_cli(SERVICE, run)

if __name__ == "__main__":
    main()
