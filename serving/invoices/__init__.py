"""Documents of money as people and programs get them: one structure that every form is made of."""
