"""Exit 0 when this container's web server answers; what its health check runs."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
connection.request("GET", "/api/health/", headers={"Host": host})
sys.exit(0 if connection.getresponse().status == 200 else 1)
