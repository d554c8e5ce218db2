"""A window that sends this machine's samples and shows what they cost."""
