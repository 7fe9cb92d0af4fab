"""What answers HTTP beside the pages: security headers, tokens, compressed static files, later the query endpoint."""
