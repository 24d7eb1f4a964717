"""`python -m lbpnet`."""

import sys

from .cli.main import main

sys.exit(main())
