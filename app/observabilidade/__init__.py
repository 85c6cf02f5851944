"""What an operator sees of the gateway: log lines, metrics, and the ids that tie a request to both."""
