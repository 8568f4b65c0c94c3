"""Many runs: what is missing, where it is done, and what a running command tells others."""
