"""Messages on their way to Kafka: blocks, two clients behind one protocol, patience, and what stays unsent."""
