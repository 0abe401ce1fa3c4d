"""Read what Langfuse exports and serves: traces with their observations and scores, of every version since 2."""
