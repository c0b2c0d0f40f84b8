"""A stand-in for the little of Synapse's module API that the module touches, so
that it can be tried where Synapse is not installed."""

NOT_SPAM = "NOT_SPAM"


class ModuleApi:
    def __init__(self, server):
        self.server = server
        self.callbacks = {}

    def register_spam_checker_callbacks(self, **callbacks):
        self.callbacks.update(callbacks)

    def register_third_party_rules_callbacks(self, **callbacks):
        self.callbacks.update(callbacks)

    def looping_background_call(self, f, msec, *args, run_on_all_instances=False):
        self.callbacks["looping"] = lambda: f(*args)

    def is_mine(self, user):
        return user.endswith(":" + self.server)

    async def defer_to_thread(self, f, *args):
        return f(*args)
