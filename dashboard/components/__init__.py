"""Packaged Streamlit components: TypeScript source in NAME/frontend/, the built files in NAME/assets/, a Python wrapper in
NAME/__init__.py. They take plain data and know nothing of workbooks, queries or Views.

Build with `make components` (README.md here). Which component draws what:

- `grid.grid` draws a Grid view as it is (`dataclasses.asdict` would copy every cell) and answers with the selected rows.
- `controls.controls` draws what stands around: bar, parameters, links, tiles, heads with menus, gallery, tables.
- `kql.kql_editor` draws the query editor: Monaco with Microsoft's Kusto language service, loaded when it is first drawn.
- `layout.layout` draws edit mode: tools, outline, forms, versions.
- `chart.chart` draws a Plotly figure. `st.plotly_chart` draws each up to three times and all of a page at once, and loads
  1.2 MB (compressed) for it; ours draws once, near the screen, and loads 0.36 MB. PNG and
  SVG are made in the page from the drawn chart, HTML, CSV and XLSX by `export`.

`near.ts` says when a chart or a grid is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE = "watchbook"
_ROOT = Path(__file__).resolve().parent
_mounts: dict[str, Callable[..., Any]] = {}


def component(name: str) -> Callable[..., Any]:
    """The mounting command of the component in the folder `name`, which has assets/NAME.js and may have assets/NAME.css.

    Streamlit finds packaged components by the metadata of installed distributions, which a checkout has not; so the
    component is registered here, in every kind of installation alike. Call it inside a script run. Styles are not
    isolated: a component's classes start with `wb-`.
    """
    import streamlit as st
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    full = f"{PACKAGE}.{name}"
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(full) is None:
        config = ComponentConfig(name=name, asset_dir=f"{name}/assets")
        manager.register_from_manifest(ComponentManifest(PACKAGE, "1", [config]), _ROOT)
    if full not in _mounts:
        css = f"{name}.css" if (_ROOT / name / "assets" / f"{name}.css").is_file() else None
        _mounts[full] = st.components.v2.component(full, js=f"{name}.js", css=css, isolate_styles=False)
    return _mounts[full]
