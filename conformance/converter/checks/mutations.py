"""10 000 seeded mutations of each form: an error or a valid model, never a trap or a hang. The tests make them."""

import os
import re
import subprocess

import setting

COUNT = 10_000


def rows():
    run = subprocess.run(
        ["swift", "test", "-c", "release", "--skip-build", "--disable-xctest", "--filter",
         "VireoTensorFlowTests.*(Damage|Malformed)"],
        cwd=setting.PACKAGE, capture_output=True, text=True, env=dict(os.environ, VIREO_MUTATIONS=str(COUNT)))
    text = run.stdout + run.stderr
    for name in re.findall(r'(?:✔|✘) Test "?(.*?)"? (?:with .* )?(?:passed|failed)', text):
        failed = re.search(rf'✘ Test "?{re.escape(name)}"? ', text)
        yield name.replace("|", "/"), "failed" if failed else "passed", f"{COUNT} mutations or every one there is", not failed
    found = re.search(r"Test run with (\d+) tests?.*?(passed|failed)", text)
    yield "all", found.group(0) if found else text[-300:], "passed", run.returncode == 0 and found is not None
