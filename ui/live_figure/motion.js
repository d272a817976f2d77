// From one figure to the next without laying it out anew: Plotly moves traces and ranges in half the
// time that a whole drawing takes, which is felt under a slider.

const MOVABLE = new Set([
  "x", "y", "base", "width", "text", "textposition", "customdata", "hovertext",
  "error_x", "error_y"]);
const AXIS = /^[xy]axis\d*$/;
const ALONG = { x: ["x", "error_x"], y: ["y", "error_y"] };
const AT_ONCE = {
  mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 },
};

// What has to move for one figure to become the other: {data, traces, layout} as Plotly's frames
// have them; null where more than that differs.
function motion(from, to) {
  if (from.data.length !== to.data.length) return null;
  const ranges = rangesBetween(from.layout, to.layout);
  if (!ranges) return null;
  const data = [];
  for (const [place, trace] of to.data.entries()) {
    const changed = changes(from.data[place], trace);
    if (changed.some((name) => !MOVABLE.has(name) || !(name in trace))) return null;
    if (!hasRanges(trace, changed, to.layout)) return null;
    data.push(Object.fromEntries(changed.map((name) => [name, trace[name]])));
  }
  // All traces: Plotly takes those that a frame does not name for gone, and wipes them out.
  return { data, traces: [...data.keys()], layout: ranges };
}

function rangesBetween(from, to) {
  const ranges = {};
  for (const name of changes(from, to)) {
    if (name === "title") continue; // stands above the chart
    if (!AXIS.test(name) || !from[name] || !to[name]) return null;
    if (changes(from[name], to[name]).some((part) => part !== "range")) return null;
    if (!from[name].range || !to[name].range) return null;
    ranges[`${name}.range`] = to[name].range;
  }
  return ranges;
}

// In a preview an axis stays as it is while it holds what is shown, and not over twice that: a scale
// that jumped at a slider's first step, and back on release, would hide what moves.
function holdRanges(from, to) {
  for (const name of Object.keys(to)) {
    if (!AXIS.test(name)) continue;
    const [held, wanted] = [from[name]?.range, to[name].range];
    if (held && wanted && isWithin(wanted, held) && span(held) <= ROOM * span(wanted))
      to[name].range = held;
  }
}

const ROOM = 2.01; // Renard numbers are rounded

const span = ([start, end]) => Math.abs(end - start);

const isWithin = ([start, end], [from, to]) =>
  from < to ? from <= start && start < end && end <= to : from >= start && start > end && end >= to;

// An axis that fits itself to its data needs a whole drawing.
function hasRanges(trace, changed, layout) {
  const bars = trace.orientation === "h" ? "x" : "y";
  return Object.entries(ALONG).every(([letter, names]) => {
    const moves = changed.some((name) => names.includes(name) || (name === "base" && letter === bars));
    const axis = (trace[`${letter}axis`] ?? letter).replace(letter, `${letter}axis`);
    return !moves || layout[axis]?.range;
  });
}

const changes = (a, b) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !equal(a[name], b[name]));

// Previews come rounded to six digits, which nobody sees.
const near = (a, b) => typeof a === "number" && Math.abs(a - b) <= 2e-6 * Math.abs(b);

function equal(a, b) {
  if (a === b || near(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => equal(a[key], b[key]));
}

// Returns a promise of its end.
function move(live, { data, traces, layout }) {
  if (Object.keys(layout).length) requestAnimationFrame(untilTheClockTicks);
  return oneAtATime(live, Plotly.animate(live.plot, { data, traces, layout }, AT_ONCE));
}

// What is asked for while Plotly draws is drawn after it, the newest alone: a move that began within
// a whole drawing would leave it without colours.
function oneAtATime(live, drawing) {
  const ended = () => {
    live.moving = null;
    if (live.waiting) draw(live);
  };
  return (live.moving = drawing.then(ended, ended));
}

// Plotly divides the milliseconds since a range began to move by how long it shall take: 0 / 0 if the
// frame comes within the same millisecond.
function untilTheClockTicks() {
  const now = Date.now();
  while (Date.now() === now);
}
