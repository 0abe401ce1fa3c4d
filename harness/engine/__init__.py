"""Execute planned trials in worker processes, and see every one of them to its end."""
