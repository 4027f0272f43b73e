"""The command line of intake-web."""

from chassis.cli import cli
from chassis.intake import MIGRATIONS
from intake_web.app import SERVICE, run

main = cli(SERVICE, run, migrations=[MIGRATIONS])

if __name__ == "__main__":
    main()
