"""Every table and view of the product, as Django models and migrations."""
