"""A process that raises one alert many times as soon as the file named on its command line is there."""

import sys
import threading
import time
from pathlib import Path

import careops.wsgi  # sets Django up, which the imports below need

# isort: split
from django.db import connection

from careops.core.alerts import TASK_FAILED, raise_alert

THREADS, TIMES = 8, 10
SUBJECT = "tests.races.alert_storm"


def raise_many() -> None:
    for n in range(TIMES):
        raise_alert(TASK_FAILED, subject=SUBJECT, detail=f"{careops.wsgi.__name__} {n}")
    connection.close()


def main(signal: Path) -> None:
    while not signal.exists():
        time.sleep(0.005)
    threads = [threading.Thread(target=raise_many) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
