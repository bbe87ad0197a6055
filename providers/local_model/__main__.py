"""The child process: `python -m providers.local_model PORT` serves until its parent ends and closes its input."""

import os
import sys

from providers.local_model.serving import serve

server = serve(int(sys.argv[1]))
sys.stdout.write(f"{server.listening_address}\n")
sys.stdout.flush()
sys.stdin.read()
os._exit(0)  # closing the server would first finish the running replies
