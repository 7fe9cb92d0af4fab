"""Real workbooks on made-up rows beside pictures of the portal: `python -m tests.portal OUT` takes the screenshots."""
