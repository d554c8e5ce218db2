"""What would be different: another tariff, another hourly limit, over hours that are published. Writes nothing."""
