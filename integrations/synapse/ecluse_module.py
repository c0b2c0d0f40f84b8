"""Écluse's module for Synapse: what is sent while messaging is closed is refused.

Configuration, in homeserver.yaml, with this file in a folder of PYTHONPATH:

    modules:
      - module: ecluse_module.EcluseModule
        config:
          url: http://127.0.0.1:8080
          token_file: /etc/matrix-synapse/ecluse.token
          open: [admin, notices]  # accounts that are left alone: services, bots

Every event that a local account sends is asked about, with the name before the
colon as the login and "chat" as the service. Only the school's own accounts are
asked about: what other servers send has passed their own rules.

It never opens because Écluse is not heard: without an answer within `timeout`
seconds everything is refused, and for a second after that nobody waits again. An
answer is used for `keep` seconds at most, one unless said otherwise, and never
beyond the instant that it names as its own end: a closing that is announced takes
place at its second, an order that is issued later within `keep`.

Tokens and devices are never touched: with them the keys of encrypted messages
would be lost.
"""

import json
import logging
import socket
import threading
import time
import urllib.request
from collections import OrderedDict
from datetime import datetime, timezone

import synapse
from synapse.module_api import NOT_SPAM, ModuleApi
from synapse.module_api.errors import Codes, ConfigError, SynapseError

logger = logging.getLogger("ecluse")

SEND = "message.send"
READ = "message.read"
OPEN = "session.open"
MEMBER = "m.room.member"

# The account that is always closed, and how often it is asked for (milliseconds).
SELF_TEST = "ecluse:self-test"
TEST_EVERY = 10_000

# The answer where nothing could be asked.
UNDECIDED = {
    "access": "closed",
    "reopens": None,
    "brief": {
        "fr": "La messagerie est fermée : il n’est pas possible de vérifier en ce moment si elle peut être ouverte. "
        "Réessayez dans quelques minutes.",
        "en": "Messaging is closed: whether it may be open cannot be verified at the moment. "
        "Try again in a few minutes.",
    },
    "orders": [],
    "unknown": True,
}

MOST_KEPT = 50_000


def lasts(context, keep):
    """For how many seconds an answer may be used."""
    until = context.get("until")
    if not until:
        return keep
    end = datetime.fromisoformat(until.replace("Z", "+00:00"))
    return min(keep, end.timestamp() - time.time())


def sentence(context):
    """What a person reads, in both languages: which one is theirs is not known here."""
    brief = context.get("brief") or UNDECIDED["brief"]
    return "%s / %s" % (brief.get("fr", ""), brief.get("en", ""))


class Decisions:
    """Asks Écluse, and keeps each answer for a moment."""

    def __init__(self, url, token, keep=1.0, timeout=2.0, now=time.monotonic):
        self.url = url.rstrip("/")
        self.token = token
        self.keep = keep
        self.timeout = timeout
        self.now = now
        self.kept = OrderedDict()
        self.lock = threading.Lock()
        # A proxy for the Internet that the environment names is not for this.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.silent_until = 0.0
        self.version = 0  # of the orders that the last answer rested on
        self.broken = False  # what must be closed is open: nothing is believed

    def ask(self, login, action):
        """(allowed, context), never an error."""
        key = (login, action)
        with self.lock:
            found = self.kept.get(key)
            if found and self.now() < found[0]:
                return found[1]
            if self.broken or self.now() < self.silent_until:
                return False, UNDECIDED
        try:
            answer = self._post(login, action)
            lifetime = lasts(answer[1], self.keep)
        except Exception as problem:  # whatever it is, nothing opens
            with self.lock:
                if self.now() >= self.silent_until:
                    logger.warning("Écluse does not answer, so that messaging is closed: %s", problem)
                self.silent_until = self.now() + 1.0
            return False, UNDECIDED
        with self.lock:
            self.kept[key] = (self.now() + lifetime, answer)
            self.kept.move_to_end(key)
            while len(self.kept) > MOST_KEPT:
                self.kept.popitem(last=False)
        return answer

    def test(self, instance):
        """Asks for the account that is always closed, and reports."""
        try:
            allowed, _ = self._post(SELF_TEST, SEND)
            if allowed and not self.broken:
                logger.error("the account %s is open: nothing of what %s answers is believed", SELF_TEST, self.url)
            self.broken = allowed
            now = datetime.now(timezone.utc).isoformat()
            self._send(
                "/gate/report",
                {
                    "instance": instance,
                    "software": "Synapse " + getattr(synapse, "__version__", ""),
                    "time": now,
                    "version": self.version,
                    "self_test": {"at": now, "refused": not allowed},
                },
            )
        except Exception as problem:  # the next question finds out by itself
            logger.warning("reporting to Écluse: %s", problem)

    def _post(self, login, action):
        document = self._send(
            "/access/v1/evaluation",
            {
                "subject": {"type": "user", "id": login},
                "action": {"name": action},
                "resource": {"type": "messaging", "id": "any", "properties": {"service": "chat"}},
            },
        )
        if not isinstance(document.get("decision"), bool) or not isinstance(document.get("context"), dict):
            raise ValueError("the answer is no decision")
        self.version = document["context"].get("snapshot") or self.version
        return document["decision"], document["context"]

    def _send(self, path, document):
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(document).encode(),
            method="POST",
            headers={"Content-Type": "application/json", "Authorization": "Bearer " + self.token},
        )
        with self.opener.open(request, timeout=self.timeout) as response:
            return json.loads(response.read(1 << 20))


class EcluseModule:
    """What Synapse loads."""

    def __init__(self, config, api: ModuleApi):
        self.api = api
        self.decisions = config["decisions"]
        self.open = config["open"]
        api.register_spam_checker_callbacks(
            check_event_for_spam=self.check_event_for_spam,
            check_login_for_spam=self.check_login_for_spam,
            user_may_join_room=self.user_may_join_room,
            user_may_invite=self.user_may_invite,
            user_may_send_3pid_invite=self.user_may_send_3pid_invite,
            user_may_create_room=self.user_may_create_room,
            user_may_create_room_alias=self.user_may_create_room_alias,
            user_may_publish_room=self.user_may_publish_room,
        )
        instance = "%s/%s" % (socket.gethostname(), getattr(api, "worker_name", None) or "main")
        api.looping_background_call(self.report, TEST_EVERY, instance, run_on_all_instances=True)
        # Synapse does not show memberships to check_event_for_spam.
        api.register_third_party_rules_callbacks(check_event_allowed=self.check_event_allowed)

    @staticmethod
    def parse_config(config):
        for key in ("url", "token_file"):
            if not config.get(key):
                raise ConfigError("ecluse_module: %s is missing: see the top of ecluse_module.py" % key)
        unknown = set(config) - {"url", "token_file", "keep", "timeout", "open"}
        if unknown:
            raise ConfigError("ecluse_module: unknown key %s" % ", ".join(sorted(unknown)))
        try:
            with open(config["token_file"], encoding="ascii") as file:
                token = file.read().strip()
        except OSError as problem:
            raise ConfigError("ecluse_module: reading token_file: %s" % problem) from problem
        if not token:
            raise ConfigError("ecluse_module: token_file is empty: write there what \"ecluse point add\" prints")
        if not isinstance(config.get("open", []), list):
            raise ConfigError("ecluse_module: open is no list: write it as [admin, notices]")
        return {
            "open": set(config.get("open", [])),
            "decisions": Decisions(
                config["url"], token, keep=float(config.get("keep", 1.0)), timeout=float(config.get("timeout", 2.0))
            ),
        }

    async def verdict(self, user, action):
        """NOT_SPAM, or the refusal with what a client can show."""
        if not self.api.is_mine(user):
            return NOT_SPAM
        login = user[1:].split(":", 1)[0]
        if login in self.open:
            return NOT_SPAM
        allowed, context = await self.api.defer_to_thread(self.decisions.ask, login, action)
        if allowed is True:
            return NOT_SPAM
        # "error" takes the place of Synapse's own sentence, which calls the
        # message spam.
        return (
            Codes.FORBIDDEN,
            {
                "error": sentence(context),
                "org.ecluse": {key: context.get(key) for key in ("access", "until", "reopens", "brief", "orders")},
            },
        )

    async def report(self, instance):
        await self.api.defer_to_thread(self.decisions.test, instance)

    async def check_event_for_spam(self, event):
        return await self.verdict(event.sender, SEND)

    async def check_event_allowed(self, event, state):
        """Memberships by which somebody tells others something: putting out, with a
        reason; knocking, with a reason; a new display name."""
        if event.type != MEMBER:
            return True, None
        membership = event.content.get("membership")
        if membership == "invite":
            return True, None  # user_may_invite was asked
        before = state.get((MEMBER, event.state_key))
        if event.state_key == event.sender:
            if membership == "leave":
                return True, None  # whoever wants to leave a room may
            if membership == "join" and (before is None or before.content.get("membership") != "join"):
                return True, None  # user_may_join_room was asked
        said = await self.verdict(event.sender, SEND)
        if said == NOT_SPAM:
            return True, None
        code, fields = said
        raise SynapseError(403, fields["error"], code, fields)

    async def check_login_for_spam(self, user_id, device_id, initial_display_name, request_info, auth_provider_id=None):
        return await self.verdict(user_id, OPEN)

    async def user_may_join_room(self, user_id, room_id, is_invited):
        return await self.verdict(user_id, READ)

    async def user_may_invite(self, inviter, invitee, room_id):
        return await self.verdict(inviter, SEND)

    async def user_may_send_3pid_invite(self, inviter, medium, address, room_id):
        return await self.verdict(inviter, SEND)

    async def user_may_create_room(self, user_id, *_):
        return await self.verdict(user_id, SEND)

    async def user_may_create_room_alias(self, user_id, room_alias):
        return await self.verdict(user_id, SEND)

    async def user_may_publish_room(self, user_id, room_id):
        return await self.verdict(user_id, SEND)
