"""`python -m kitty_conformance`: the command line, where its script is not on the path."""

from kitty_conformance.cli.main import main

main()
