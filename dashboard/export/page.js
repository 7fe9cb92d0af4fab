"use strict";
(function () {
  var charts = JSON.parse(document.getElementById("charts").textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var config = { displaylogo: false, responsive: true, displayModeBar: "hover", staticPlot: false,
    modeBarButtonsToRemove: ["sendDataToCloud", "lasso2d", "autoScale2d"] };
  var printing = false;
  function draw() {
    var night = dark.matches && !printing;
    charts.forEach(function (chart, i) {
      var data = chart.data.map(function (trace, t) {
        return Object.assign({}, trace, night ? chart.dark.data[t] : {});
      });
      var layout = Object.assign({ autosize: true }, night ? chart.dark.layout : chart.layout);
      Plotly.react("chart-" + i, data, layout, config);
    });
  }
  draw();
  dark.addEventListener("change", draw);
  window.addEventListener("beforeprint", function () { printing = true; if (dark.matches) draw(); });
  window.addEventListener("afterprint", function () { printing = false; if (dark.matches) draw(); });
  document.documentElement.setAttribute("data-drawn", "true");
  document.documentElement.setAttribute("data-height", String(Math.ceil(document.querySelector("main").scrollHeight)));
})();
