"""A `View` or a `Table` becomes a file: PNG, SVG, HTML, CSV, XLSX, PDF. Files say what they show; cells are formula-safe."""
