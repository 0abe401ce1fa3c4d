"""The checks that suites can name; each registers itself in `harness.registry`."""
