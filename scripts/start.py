"""What ``make run`` does once everything is installed: prepare the database, then run the Procfile's processes."""

import os
import select
import signal
import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def prepare() -> None:
    """Bring the database up to date and fill a development installation with the demo clinic."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("sync_schedules", verbosity=0)
    if settings.PRODUCTION:
        call_command("collectstatic", verbosity=0, interactive=False)
    else:
        call_command("demo")
    # honcho gives each process a port of its own; all of them must name the web server's.
    os.environ["PORT"] = str(settings.PORT)
    os.environ["PUBLIC_URL"] = settings.PUBLIC_URL
    os.environ["SANDBOX_PORT"] = str(settings.SANDBOX_PORT)
    print_addresses(
        settings.PUBLIC_URL,
        mail="" if settings.EMAIL_URL else settings.EMAIL_FILE_PATH,
        twins=f"http://127.0.0.1:{settings.SANDBOX_PORT}/" if settings.SANDBOX else "",
    )


def print_addresses(url: str, *, mail: str, twins: str) -> None:
    """Say where everything is; ``mail`` is the folder of the e-mails, or empty when they are really sent."""
    lines = [
        ("Admin", f"{url}/admin/"),
        ("Day board", f"{url}/admin/board/"),
        ("API", f"{url}/api/"),
        ("API document", f"{url}/api/docs"),
        ("E-mails", f"{mail}/ (EMAIL_URL sends them instead)" if mail else "sent as EMAIL_URL says"),
    ]
    if twins:
        lines.append(("Outside", f"twins at {twins} (SANDBOX=0 does without)"))
    print()
    for name, value in lines:
        print(f"  {name:<13} {value}")
    print("\nCtrl-C ends everything.\n", flush=True)


def main() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError

    from careops.core.database_faults import sentence_about

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careops.settings")
    os.chdir(ROOT)
    try:
        prepare()
    except (ImproperlyConfigured, OperationalError) as error:
        sys.exit(f"CareOps cannot start: {sentence_about(error) or error}")
    run_processes()


def run_processes() -> None:
    """Run the Procfile's lines until Ctrl-C, the end of one of them, or the end of the terminal."""
    from django.conf import settings
    from django.db import connections
    from honcho.command import main as honcho

    connections.close_all()
    signal.signal(signal.SIGHUP, end_without_terminal)
    watch_terminal()
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # Settings read .env themselves; honcho would let it win over the environment.
    processes = ["web", "worker", *(["sandbox"] if settings.SANDBOX else [])]
    sys.argv = ["honcho", "start", "--env", os.devnull, *processes]
    honcho()


def watch_terminal() -> None:
    """Look every second whether the terminal is still there.

    The hang-up itself goes to the leader of the session; where that is make, it waits for us and tells nobody.
    """
    if not sys.stdin.isatty():
        return
    terminal = select.poll()
    terminal.register(sys.stdin.fileno(), select.POLLHUP)

    def look(signum: int, frame: FrameType | None) -> None:
        if terminal.poll(0):
            signal.setitimer(signal.ITIMER_REAL, 0)
            end_without_terminal(signum, frame)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)


def end_without_terminal(signum: int, frame: FrameType | None) -> None:
    """End everything when the terminal is closed: honcho knows Ctrl-C and SIGTERM only, and could print no more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
