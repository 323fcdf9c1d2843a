"""GA-NTK: descent on pixels or on a generator. `loop.py` is the door."""
