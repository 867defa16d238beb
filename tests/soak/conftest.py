"""What takes long: `make soak`, outside of `make test`."""

import os

collect_ignore_glob = [] if os.environ.get("SOAK") else ["test_*.py"]
