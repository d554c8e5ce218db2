"""The gateway: samples over TCP, a buffer of 50, a second one, the day's file, Kafka. What is answered `ok` is kept."""
