"""What adapters of agents in AWS share."""
