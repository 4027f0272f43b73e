"""The command line of the prober."""

from chassis.cli import cli

main = cli("prober", "prober.app:run")

if __name__ == "__main__":
    main()
