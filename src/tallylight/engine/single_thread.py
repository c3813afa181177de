"""Imported first in every worker, before numpy or a codec, and nowhere else: each worker is one core's worth of work.

The libraries read these variables once, when they are loaded. Setting them in the server instead would change the
server's own environment, and that of everything it starts.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"
