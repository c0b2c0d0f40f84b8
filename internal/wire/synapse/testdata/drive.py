"""Loads the module as Synapse would and answers one JSON line for each on
standard input: {"callback", "args"}, or {"event": {...}, "before": membership} for
an event, which goes through the callbacks that Synapse would ask."""

import asyncio
import json
import sys
from types import SimpleNamespace

import ecluse_module
from synapse.module_api import NOT_SPAM, ModuleApi
from synapse.module_api.errors import SynapseError

config = ecluse_module.EcluseModule.parse_config(json.loads(sys.argv[1]))
api = ModuleApi("school.example")
ecluse_module.EcluseModule(config, api)


async def send(event, before):
    """Memberships are not shown to check_event_for_spam, as in Synapse."""
    state = {}
    if before:
        state["m.room.member", event.state_key] = SimpleNamespace(content={"membership": before})
    try:
        allowed, _ = await api.callbacks["check_event_allowed"](event, state)
    except SynapseError as refusal:
        return [refusal.errcode, refusal.fields]
    if not allowed or event.type == "m.room.member":
        return NOT_SPAM if allowed else "refused"
    return await api.callbacks["check_event_for_spam"](event)


for line in sys.stdin:
    asked = json.loads(line)
    if "event" in asked:
        said = asyncio.run(send(SimpleNamespace(**asked["event"]), asked.get("before")))
    else:
        said = asyncio.run(api.callbacks[asked["callback"]](*(asked["args"] or [])))
    print(json.dumps({"passes": said == NOT_SPAM, "said": said}), flush=True)
