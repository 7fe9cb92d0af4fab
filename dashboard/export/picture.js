"use strict";
(function () {
  var chart = JSON.parse(document.getElementById("charts").textContent)[0];
  var size = { format: chart.format, width: chart.width, height: chart.height, scale: chart.format === "png" ? 2 : 1 };
  Plotly.newPlot("chart-0", chart.data, chart.layout, { staticPlot: true })
    .then(function () { return Plotly.toImage("chart-0", size); })
    .then(function (url) { document.getElementById("picture").textContent = url; });
})();
