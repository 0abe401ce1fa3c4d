"""What one needs to understand one trial, as plain values: dashboard and reports show the same."""
