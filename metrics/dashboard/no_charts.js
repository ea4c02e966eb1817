// Served as uplot.js by a build that has no uPlot: the page then draws no charts.
