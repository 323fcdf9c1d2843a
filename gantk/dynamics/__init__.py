"""The discriminator in closed form, exp(-lambda K) y. `discriminator.py` is the door."""
