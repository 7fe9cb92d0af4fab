"use strict";
window.picture = function (text) {
  var chart = JSON.parse(text);
  var place = document.getElementById("chart-0");
  var size = { format: chart.format, width: chart.width, height: chart.height, scale: chart.format === "png" ? 2 : 1 };
  return Plotly.newPlot(place, chart.data, chart.layout, { staticPlot: true })
    .then(function () { return Plotly.toImage(place, size); })
    .then(function (url) { Plotly.purge(place); return url; });
};
(function () {
  var chart = JSON.parse(document.getElementById("charts").textContent)[0];
  if (chart) picture(JSON.stringify(chart)).then(function (url) { document.getElementById("picture").textContent = url; });
})();
