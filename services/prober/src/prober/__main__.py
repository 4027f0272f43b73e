"""The command line of the prober."""

from chassis.cli import cli
from prober.app import SERVICE, run

main = cli(SERVICE, run)

if __name__ == "__main__":
    main()
