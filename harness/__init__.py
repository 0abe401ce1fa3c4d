"""finharness: an evaluation and observability harness for financial agents."""
