"""What tests share. The checker imports nothing of the product."""
