"""`python -m gto` is the command `gto`."""

from gto.cli.main import run

if __name__ == "__main__":
    run()
