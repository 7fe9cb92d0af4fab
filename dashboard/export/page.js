"use strict";
(function () {
  var charts = JSON.parse(document.getElementById("charts").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var config = { displaylogo: false, responsive: true, displayModeBar: "hover", staticPlot: false,
    modeBarButtonsToRemove: ["sendDataToCloud", "lasso2d", "autoScale2d"], topojsonURL: "" };
  var printing = false;
  function shade(i) { return dark.matches && !printing ? charts[i].dark : charts[i].light.layout; }
  function draw() {
    charts.forEach(function (chart, i) {
      Plotly.react("chart-" + i, chart.light.data, Object.assign({ autosize: true }, shade(i)), config);
    });
  }
  draw();
  dark.addEventListener("change", draw);
  window.addEventListener("beforeprint", function () { printing = true; draw(); });
  window.addEventListener("afterprint", function () { printing = false; draw(); });
  document.documentElement.setAttribute("data-drawn", "true");
})();
