"""What the tests share: small surrogate sets, records, methods and commands. Fixtures are in ``conftest.py``."""
