"""How work is carried out: command lines, files, errors, leases and checkpoints."""
