"""The entry point of the `imagebus` command.

Commands import what they need when they run, so that `imagebus --help` and completion stay instant.

Exit codes: 0 all well; 1 an image did not end as expected; 2 wrong usage; 3 the command could not do its work
(no stack, a busy port, a missing tool), and said what to do; 130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import sys

import typer

from imagebus_cli.checkout import new_consumer_command, schemas_commands
from imagebus_cli.demo import command as demo_command
from imagebus_cli.images import commands as images_commands
from imagebus_cli.images import erase_command, inspect_command, status_command
from imagebus_cli.local import commands as local_commands
from imagebus_cli.measure import cost_command, latency_command, load_command
from imagebus_cli.operations import commands as operations
from imagebus_cli.problem import Problem, explain
from imagebus_cli.stack import deploy_command, doctor_command, smoke_command
from imagebus_cli.uploads import commands as upload_command

app = typer.Typer(name="imagebus", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(local_commands.app, name="local")
app.add_typer(schemas_commands.app, name="schemas")
app.command("demo")(demo_command.demo)
app.command("latency")(latency_command.latency)
app.command("deploy")(deploy_command.deploy)
app.command("doctor")(doctor_command.doctor)
app.command("cost")(cost_command.cost)
app.command("erase")(erase_command.erase)
app.command("inspect")(inspect_command.inspect)
app.command("load")(load_command.load)
app.command("smoke")(smoke_command.smoke)
app.command("upload")(upload_command.upload)
app.command("list")(images_commands.list_images)
app.command("events")(images_commands.events)
app.command("get")(images_commands.get)
app.command("delete")(images_commands.delete)
app.command("status")(status_command.status)
app.command("replay")(operations.replay)
app.command("rebuild")(operations.rebuild)
app.command("verify")(operations.verify)
app.command("retry")(operations.retry)
app.command("new-consumer")(new_consumer_command.new_consumer)


@app.callback()
def imagebus() -> None:
    """Event-driven image processing on AWS, and on your machine."""


def main() -> None:
    """Run the command; what a person can mend is said in two lines, anything else is a traceback."""
    try:
        app()
    except Exception as error:
        problem = explain(error)
        if problem is None:
            raise
        _say(problem)
        sys.exit(problem.exit_code)


def _say(problem: Problem) -> None:
    from imagebus_cli.output import terminal

    terminal.problem(problem)


if __name__ == "__main__":
    main()
