"""Grade what an agent does in production by the same checks as in tests, and give the scores back to where the traces are."""
