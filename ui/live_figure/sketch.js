// Where only places change. Plotly works out all defaults of a figure anew for each of its moves, which
// takes most of their time and is felt under a slider. Here its traces and axes work out the places
// alone, and the picture is the same.

const SKETCHED = new Set(["scatter", "bar"]);

const canSketch = ({ plot }, { data }) =>
  plot._fullData.every((trace) =>
    SKETCHED.has(trace.type) && trace.visible === true && trace._length > 0 &&
    ![trace.hovertemplate, trace.hoverinfo].some(Array.isArray) &&
    [trace.error_x, trace.error_y].every(canStretch)) &&
  data.every((places, i) => Object.values(places).every(isRead) &&
    ["error_x", "error_y"].every((name) => !places[name] || isLength(plot.data[i][name], places[name])));

const isLength = (from, to) =>
  changes(from ?? {}, to).every((part) => part === "array" || part === "arrayminus");

const canStretch = (bar) => !bar?.visible || bar.type === "data";

// Numbers may come packed, which Plotly unpacks with the defaults.
const isRead = (value) => !value?.bdata && !value?.array?.bdata && !value?.arrayminus?.bdata;

function sketch(live, { data, layout }) {
  const { plot } = live;
  for (const [i, changes] of data.entries()) {
    const { error_x: across, error_y: along, ...places } = changes;
    Object.assign(plot.data[i], changes);
    const trace = Object.assign(plot._fullData[i], places);
    trace._length = Math.min(trace.x.length, trace.y.length);
    if (across) stretch(trace.error_x, across);
    if (along) stretch(trace.error_y, along);
  }
  plot.calcdata = plot._fullData.map((trace) => placed(plot, trace));
  placeTogether(plot);
  plot.calcdata.forEach(stretchErrorBars);
  if (Object.keys(layout).length) return oneAtATime(live, Plotly.relayout(plot, layout));
  for (const kind of plot._fullLayout._basePlotModules) kind.plot(plot);
}

function stretch(bar, { array, arrayminus }) {
  bar.array = array;
  if (arrayminus) bar.arrayminus = arrayminus;
}

function placed(plot, trace) {
  trace._extremes = {};
  const points = trace._module.calc(plot, trace);
  points[0].trace = trace;
  points[0].t ??= {};
  return points;
}

// Stacks, and bars beside each other.
function placeTogether(plot) {
  const kinds = new Set(plot._fullData.map((trace) => trace._module.crossTraceCalc));
  for (const [id, subplot] of Object.entries(plot._fullLayout._plots))
    for (const place of kinds) place?.(plot, subplot, id);
}

// By a part of Plotly that it keeps to itself.
function stretchErrorBars(points) {
  for (const letter of ["x", "y"]) {
    const bar = points[0].trace[`error_${letter}`];
    if (!bar?.visible) continue;
    for (const [i, point] of points.entries()) {
      const below = bar.symmetric ? bar.array : bar.arrayminus;
      point[`${letter}s`] = point[letter] - Number(below[i]);
      point[`${letter}h`] = point[letter] + Number(bar.array[i]);
    }
  }
}
