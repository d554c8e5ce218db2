"""A customer's statement as a folder that proves itself: written from the books and the archive, verified without."""
