"""What holds for every provider: one suite, run against Shippo's sandbox and against a provider that is all else."""
