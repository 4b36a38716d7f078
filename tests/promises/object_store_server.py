"""A local S3 server, which another Python runs: ``python object_store_server.py PORT``.

It answers one request after another, so that a conditional PUT is as atomic as it is in S3.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    application = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=False)
