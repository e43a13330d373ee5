"""The rules of stock keeping, told once more over the books: what is to be decided, and what is to be answered."""
