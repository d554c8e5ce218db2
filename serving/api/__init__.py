"""The API for programs: the pages' questions, with the pages' names and marks, as JSON or CSV."""
