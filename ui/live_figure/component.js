// __init__.py sets colours.js, sheet.js and free_moment.js in front of this file, and behind it what
// moves a figure (motion.js, sketch.js) and what the buttons do (take_away.js).

const figures = new WeakMap(); // the component's element -> what is drawn in it
const shown = (window.__liveFigures ??= new Map()); // key -> what a preview may draw in
const CONFIG = {
  displayModeBar: false, displaylogo: false, scrollZoom: false, responsive: false,
  doubleClick: "reset", // to the axes that were chosen, never to all that lies beyond them
};
const decoder = new TextDecoder();

export default function (component) {
  const { data, parentElement } = component;
  let live = figures.get(parentElement);
  if (!live) figures.set(parentElement, (live = mount(parentElement)));
  live.tell = component.setTriggerValue;
  receive(live, decoder.decode(data));
  // A run that a newer one has overtaken is cleaned up at once, perhaps before the newer one is here:
  // only who has left the document is gone.
  return () => {
    if (!parentElement.isConnected) unmount(live, parentElement);
  };
}

function mount(element) {
  const find = (name) => element.querySelector(`.live-figure-${name}`);
  const live = {
    plot: find("plot"), table: find("table"), heading: find("heading"), caption: find("caption"),
    tools: Object.fromEntries([...find("tools").children].map((b) => [b.dataset.do, b])),
    header: "", about: {}, figure: "", preview: null, drawn: "", view: 0, idle: 0,
    late: false, gone: false, tell: null, frame: "", shown: null, moving: null, waiting: false,
    width: undefined, near: undefined, palette: null,
  };
  live.show = (preview) => showPreview(live, preview);
  for (const [name, button] of Object.entries(live.tools)) button.onclick = () => DO[name](live);
  live.resized = new ResizeObserver((changes) => {
    live.width = Math.floor(changes.at(-1).contentRect.width);
    schedule(live);
  });
  live.resized.observe(live.plot);
  live.approached = new IntersectionObserver((changes) => {
    live.near = changes.at(-1).isIntersecting;
    if (live.late && live.near) draw(live);
  }, { rootMargin: `${NEAR_PX}px` });
  live.approached.observe(live.plot);
  return live;
}

function unmount(live, element) {
  if (live.gone) return;
  live.gone = true;
  live.resized.disconnect();
  live.approached.disconnect();
  cancelIdle(live);
  // Plotly fails, and never ends, where a chart is taken from it while it draws.
  Promise.resolve(live.moving).then(() => {
    window.Plotly?.purge(live.plot);
    live.plot.replaceChildren();
  });
  figures.delete(element);
  if (shown.get(live.about.key) === live) shown.delete(live.about.key);
}

function receive(live, text) {
  const cut = text.indexOf("\n");
  const header = text.slice(0, cut);
  if (header !== live.header) {
    live.header = header;
    live.about = JSON.parse(header);
    describe(live);
  }
  live.figure = text.slice(cut + 1);
  // An answer to a value that the slider has left waits until the slider comes back to it.
  if (live.preview && !window.__livePreview?.holds(live.about.at)) return;
  live.preview = null;
  live.caption.textContent = live.about.caption;
  schedule(live);
}

// A figure to draw instead of the server's, or null for the server's again:
// {name, json, caption, patch}, where `patch` changes the figure that the JSON holds. Returns a
// promise of the drawing's end, if it takes any time.
function showPreview(live, preview) {
  if (!preview && !live.preview) return;
  live.preview = preview;
  live.caption.textContent = preview?.caption ?? live.about.caption;
  return schedule(live);
}

function describe(live) {
  const { about, tools } = live;
  if (!live.preview) writeHeading(live, about.title, about.units);
  if (!live.preview) live.caption.textContent = about.caption;
  shown.set(about.key, live);
  live.plot.style.height = `${about.height}px`;
  if (!live.drawn) nameFor(live); // later when it is drawn: a name is of what is seen
  live.table.setAttribute("aria-label", `Table: ${about.title || about.alt}`);
  const what = about.title || about.filename;
  tools.reset.setAttribute("aria-label", `Reset zoom: ${what}`);
  tools.table.setAttribute("aria-label", `Table: show the data of ${what}`);
  for (const name of ["csv", "svg", "png"])
    tools[name].setAttribute("aria-label", `${name.toUpperCase()}: download ${what}`);
  tools.table.hidden = !about.table;
  if (!about.table) showTable(live, false);
  else if (!live.table.hidden) fillTable(live);
}

function nameFor({ plot, about }) {
  if (plot.getAttribute("aria-label") !== about.alt) plot.setAttribute("aria-label", about.alt);
}

function writeHeading(live, title = "", units = "") {
  const [strong, span] = live.heading.querySelectorAll("strong, span");
  strong.textContent = title;
  span.textContent = units;
  live.heading.hidden = !title && !units;
}

// Drawing ------------------------------------------------------------------------------------

// What is on screen is drawn at once. What is off screen is drawn first in a free moment, and drawn
// anew when it comes near.
function schedule(live) {
  cancelIdle(live);
  if (live.gone) return;
  measure(live);
  if (live.width === 0) return; // in a closed tab: drawn when it gets a size
  if (live.near && !waits(live)) return draw(live);
  if (live.drawn && !live.near) live.late = true;
  else live.idle = later(() => draw(live));
}

// Charts that follow a slider go first.
const waits = ({ drawn, about }) =>
  drawn && !Object.keys(about.at).length &&
  document.documentElement.classList.contains("sl-previewing");

// Of a chart that is new; from then on observers tell, since to ask costs a layout of the page.
function measure(live) {
  if (live.near !== undefined && live.width !== undefined) return;
  const box = live.plot.getBoundingClientRect();
  live.width ??= Math.floor(box.width);
  live.near ??= box.bottom > -NEAR_PX && box.top < innerHeight + NEAR_PX;
}

function draw(live) {
  const { width } = live;
  if (live.gone || width === 0) return;
  live.late = false;
  if (!window.__liveFigurePlotly?.loaded) {
    load(live.about.plotly).then(() => draw(live), () => (live.plot.dataset.failed = ""));
    return;
  }
  if (!live.preview) nameFor(live);
  // A change of theme runs the component anew: to ask under a slider costs a layout of the page.
  if (!live.preview) live.palette = readPalette(live.plot);
  const palette = (live.palette ??= readPalette(live.plot));
  const json = live.preview?.json ?? live.figure;
  const name = live.preview?.name ?? "";
  const frame = [palette.name, width, live.about.height, live.view].join("\n");
  const wanted = [frame, name, json].join("\n");
  live.waiting = live.moving && wanted !== live.drawn;
  if (live.waiting || wanted === live.drawn) return;
  live.drawn = wanted;
  delete live.plot.dataset.failed;
  const figure = JSON.parse(palette.fill(json));
  live.preview?.patch(figure, palette.fill); // whole parts of it bring colours of their own
  writeHeading(live, figure.layout.title?.text, figure.layout.title?.subtitle?.text);
  const zoomed = !live.tools.reset.hidden;
  const alike = frame === live.frame && !zoomed && live.shown;
  if (alike && live.preview) holdRanges(live.shown.layout, figure.layout);
  const moves = alike && motion(live.shown, figure);
  live.frame = frame;
  if (moves) {
    live.shown = figure;
    const anything = [...moves.data, moves.layout].some((part) => Object.keys(part).length);
    return anything && (canSketch(live, moves) ? sketch : move)(live, moves);
  }
  live.shown = figure; // Plotly writes into what it is given, which a preview may hold on to
  const { data, layout } = structuredClone(figure);
  delete layout.title;
  data.forEach(nameInInk);
  layout.template = palette.template;
  layout.width = width;
  layout.height = live.about.height;
  layout.autosize = false;
  layout.uirevision = `${layout.uirevision ?? ""}/${live.view}`;
  // A finger that drags on a chart means to scroll the page.
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) delete layout.transition;
  try {
    const first = !live.plot.on;
    const drawing = oneAtATime(live, Plotly.react(live.plot, data, layout, CONFIG));
    if (first) listen(live);
    return drawing;
  } catch (error) {
    live.plot.dataset.failed = "";
    console.error(`${live.about.key}:`, error);
  }
}

// Plotly writes a trace's name in the trace's colour, too faint on paper: here it is in ink. Not by
// way of the template, where it would undo `hoverinfo: "skip"`.
function nameInInk(trace) {
  if (!["scatter", "scattergl", "bar"].includes(trace.type)) return;
  if (trace.hoverinfo || trace.hovertemplate || trace.hovertext) return;
  const name = trace.name ? "<b>%{fullData.name}</b><br>" : "";
  trace.hovertemplate = `${name}%{x} · %{y}<extra></extra>`;
}

// One promise for the page: the script, and the font that texts are measured in.
function load(url) {
  window.__liveFigurePlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onerror = () => {
      window.__liveFigurePlotly = undefined; // the next change tries again
      script.remove();
      reject(new Error(`could not load ${url}`));
    };
    // A server without the route answers with its start page, which is no script.
    script.onload = () => window.Plotly
      ? Promise.race([document.fonts.ready, pause(1500)]).then(resolve) : script.onerror();
    document.head.append(script);
  }).then(() => (window.__liveFigurePlotly.loaded = true));
  return window.__liveFigurePlotly;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function listen(live) {
  // A move changes ranges as well, and that is no zoom of the viewer's.
  live.plot.on("plotly_relayout", (change) => live.moving || noteZoom(live, change));
  live.plot.on("plotly_click", (event) => {
    const point = pointOf(live, event);
    if (point) live.tell("point", point);
  });
  live.plot.on("plotly_hover", (event) =>
    live.plot.toggleAttribute("data-on-point", Boolean(pointOf(live, event))));
  live.plot.on("plotly_unhover", () => live.plot.removeAttribute("data-on-point"));
}

// What a click there would tell the server; empty where nobody listens.
function pointOf(live, { points }) {
  const data = live.about.clickable ? points[0]?.customdata : "";
  return typeof data === "string" ? data : "";
}

function noteZoom(live, change) {
  const keys = Object.keys(change);
  if (keys.some((key) => /axis\d*\.range/.test(key))) live.tools.reset.hidden = false;
  if (keys.some((key) => /axis\d*\.autorange/.test(key))) live.tools.reset.hidden = true;
}
