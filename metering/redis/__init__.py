"""Redis: customers, the scores of the model in use, and who was decided to be sent the offer."""
