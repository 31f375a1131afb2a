"""A table or a document that people have becomes a storyboard, once; its source is not read again.

A source is read into records (`delimited`, `sheet`, `markdown`, `json_document`). `roles` says what each of their
columns stands for, `arrange` whether a record is a shot or a row of an axis; `shots` and `rows` make the storyboard
as values, and `writing` its text. What was left out, changed or guessed is a remark with its place in the source.
"""
