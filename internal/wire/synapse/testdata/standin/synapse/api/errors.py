class Codes:
    FORBIDDEN = "M_FORBIDDEN"
