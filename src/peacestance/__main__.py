"""`python -m peacestance` is the command line."""

from peacestance.cli import main

if __name__ == "__main__":
    main()
