"""Changes of alerts posted to a receiver: signed, in order, again until they are taken."""
