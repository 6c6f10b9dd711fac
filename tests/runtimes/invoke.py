"""Runs one function in a bare interpreter (`python -I -S`): a request on standard input, answers on output.

It imports every module of the function and of our layers, since handlers import some of them on first use.
"""

import importlib
import json
import pkgutil
import sys
from types import SimpleNamespace


def main() -> None:
    request = json.load(sys.stdin)
    sys.path[:0] = request["paths"]
    for name in request["packages"]:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, name + "."):
            importlib.import_module(module.name)
    module, _, function = request["handler"].rpartition(".")
    handle = getattr(importlib.import_module(module), function)
    context = SimpleNamespace(
        function_name=module,
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:f",
        aws_request_id="id",
        get_remaining_time_in_millis=lambda: 30_000,
    )
    answers = []
    for event in request["events"]:
        try:
            answers.append(handle(event, context))
        except Exception as error:  # noqa: BLE001  as Lambda reports it
            answers.append({"error": str(error)})
    print(json.dumps({"answers": answers, "version": sys.version_info[:2], "path": sys.path}))


main()
