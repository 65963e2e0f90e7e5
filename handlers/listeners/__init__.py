"""One module per noun: each request is parsed, given to one service, and answered."""
