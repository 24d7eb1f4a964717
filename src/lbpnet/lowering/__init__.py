"""Trained network to integer program: the only folder that imports both halves."""
