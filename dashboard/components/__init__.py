"""Packaged Streamlit components (grid): TypeScript source and the built assets beside it. They know nothing of the product."""
