"""The contract as it comes in: the body, its fields and schemas, queries, and what is made of them."""
