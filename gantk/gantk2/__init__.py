"""GAN(TK)^2: rows that follow a trained kernel discriminator. `flow.py` is the door."""
