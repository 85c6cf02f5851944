"""Prove the switch: what the service of before judged and wrote, beside what the gateway would have (R25)."""
