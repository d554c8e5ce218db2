"""What the pages and the API ask PostgreSQL: one function a question, one statement a function.

Statements are in `sql/`, named by the question. All of a request's questions are asked inside
`snapshot.one_snapshot()`, so that no publish in between can show on half of a page.
"""
