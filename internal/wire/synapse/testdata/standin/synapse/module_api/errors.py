from synapse.api.errors import Codes


class ConfigError(Exception):
    pass


class SynapseError(Exception):
    def __init__(self, code, msg, errcode, additional_fields):
        super().__init__(msg)
        self.errcode = errcode
        self.fields = additional_fields


__all__ = ["Codes", "ConfigError", "SynapseError"]
