"""The environment of tests, loaded before the settings: a data folder of their own, and no site's settings."""

import atexit
import gc
import os
import shutil
import sys
import tempfile

gc.disable()  # until the tests are collected: loading creates almost no garbage
DATA = tempfile.mkdtemp(prefix="chatsite-tests-")
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
os.environ["CHATSITE_DATA"] = DATA
os.mkdir(os.path.join(DATA, "static"))  # else the first request of a test without static files fails with a warning
sys.dont_write_bytecode = False  # else each of a hundred processes would compile the same modules
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if "TESTS_SHARED_FOLDER" not in os.environ:  # the processes that this one starts have it from here
    os.environ["TESTS_SHARED_FOLDER"] = tempfile.mkdtemp(prefix="chatsite-tests-shared-")
    atexit.register(shutil.rmtree, os.environ["TESTS_SHARED_FOLDER"], ignore_errors=True)
for name in ("CHATSITE_ORIGINS", "CHATSITE_TRUSTED_PROXIES", "CHATSITE_PRIVATE_HOSTS", "CHATSITE_SECRET_KEY",
             "CHATSITE_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL"):  # fmt: skip
    os.environ.pop(name, None)
if url := os.environ.pop("CHATSITE_TEST_DATABASE_URL", None):  # set by tests that run on another database
    os.environ["DATABASE_URL"] = url
