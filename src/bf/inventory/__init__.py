"""Stock keeping: locations in a tree, products, what lies where, what is promised, and to whom."""
