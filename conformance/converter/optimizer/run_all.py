"""run_all.py COMMANDS.json RESULTS.json: runs the Model Optimizer once for each list of arguments.

Importing TensorFlow takes longer than a conversion, so it is imported once, and each conversion runs in a fork of its own.
"""
import io
import json
import os
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout

import tensorflow  # noqa: F401, what the legacy frontend reads graphs with
from openvino.tools.mo.main import main
from openvino.tools.mo.utils.cli_parser import get_all_cli_parser

results = []
for arguments in json.load(open(sys.argv[1])):
    with tempfile.TemporaryFile("w+") as log:
        child = os.fork()
        if child == 0:
            status = 1
            with redirect_stdout(log), redirect_stderr(log):
                sys.argv = ["mo", *arguments]
                try:
                    status = main(get_all_cli_parser(), None)
                except SystemExit as exit:
                    status = exit.code or 0
                except BaseException as error:
                    print(error)
            log.flush()
            os._exit(1 if status else 0)
        status = os.waitpid(child, 0)[1]
        log.seek(0)
        results.append({"status": status, "text": log.read()[-1500:]})
json.dump(results, open(sys.argv[2], "w"))
