"""Loads the module as Synapse would and answers one JSON line for each on
standard input: {"callback", "args"}, or {"event": {...}} for an event."""

import asyncio
import json
import sys
from types import SimpleNamespace

import ecluse_module
from synapse.module_api import NOT_SPAM, ModuleApi

config = ecluse_module.EcluseModule.parse_config(json.loads(sys.argv[1]))
api = ModuleApi("school.example")
ecluse_module.EcluseModule(config, api)
for line in sys.stdin:
    asked = json.loads(line)
    if "event" in asked:
        arguments = [SimpleNamespace(**asked["event"])]
        callback = "check_event_for_spam"
    else:
        arguments, callback = asked["args"], asked["callback"]
    said = asyncio.run(api.callbacks[callback](*arguments))
    print(json.dumps({"passes": said == NOT_SPAM, "said": said}), flush=True)
