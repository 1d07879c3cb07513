"""`python -m weftline` is `weft`."""

from weftline.cli.main import main

if __name__ == "__main__":
    main()
