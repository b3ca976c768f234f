"""AWS on one machine. `up` starts it with a model that serves, `down` stops it, `status` says what runs.

Exit codes: 0 all is well · 1 something failed or has died · 3 nothing runs (status) · 130 interrupted
"""

import argparse
import os
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local import status, up
from local.control import known, running, stop
from local.errors import LocalError
from local.home import REPOSITORY, Home, last_lines
from local.origin import Origin


def main(arguments: list[str] | None = None) -> int:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # a profile or a region of the shell means a real account
    options = parser().parse_args(arguments)
    home = Home(options.state_dir.resolve())
    try:
        if options.command == "up":
            up.up(home, options.port, Origin.of(options.data, options.schema), options.stack_name)
            return 0
        if options.command == "status":
            return status.status(home)
        print("stopped; its state stays" if stop(home) else "nothing was running")
    except LocalError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        died = server_died(home)
        print(f"\n{died or f'the local stack answered with an error: {error}'}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("\ninterrupted; what was started keeps running: `make status`, `make down`", file=sys.stderr)
        return 130
    return 0


def server_died(home: Home) -> str | None:
    """What to say when a call failed because nobody is there any more."""
    if known(home) is None or running(home) is not None:
        return None
    return f"the server died; the end of {home.shown(home.server_log)}:\n{last_lines(home.server_log)}"


def port(text: str) -> int:
    if not (text.isdecimal() and 1024 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError("must be a number from 1024 to 65535")
    return int(text)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m local", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = made.add_subparsers(dest="command", required=True, metavar="up|down|status")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state-dir", type=Path, default=REPOSITORY / ".cache" / "local", help="logs and state (.cache/local)"
    )
    rising = commands.add_parser("up", parents=[shared], help="start, deploy, train, serve")
    rising.add_argument("--port", type=port, default=os.environ.get("PORT") or "4566", help="port on 127.0.0.1 (4566)")
    rising.add_argument("--data", type=Path, nargs="+", default=[], metavar="FILE", help="transactions (a sample)")
    rising.add_argument("--schema", type=Path, metavar="FILE", help="what a transaction is (model/schema.yaml)")
    rising.add_argument("--stack-name", default="fraud", help="name of the stack (fraud)")
    commands.add_parser("down", parents=[shared], help="stop everything, keep the state")
    commands.add_parser("status", parents=[shared], help="what runs and where")
    return made


if __name__ == "__main__":
    sys.exit(main())
