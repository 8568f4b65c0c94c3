"""Verification: a second, independent reading of the protocol, against which every record is replayed."""
