"""Real MNIST digits as IDX files; see README.md beside this file."""
