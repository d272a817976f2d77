// Sizes, places of the items, and what has to be drawn again ----------------------------------

const MORPH_MS = 700;
const EDGE_PX = 20;
const SIDE_MS = 90;
const WIDER = 1.5; // how much wider than high the rings may be
const SPREAD = 1.5; // 1 is logarithmic, and leaves the middle to a handful of items

// After a change of size, theme, film or view.
function layOut(live) {
  cancelIdle(live);
  live.idle = 0;
  const box = live.root.getBoundingClientRect();
  if (live.gone || !live.film || box.width === 0) return; // in a closed tab: drawn when it has a size
  const narrow = box.width < NARROW_PX;
  live.root.toggleAttribute("data-narrow", narrow);
  live.root.toggleAttribute("data-wide", box.width >= WIDE_PX);
  const height = narrow ? Math.min(live.about.height, Math.round(box.width * 0.95)) : live.about.height;
  live.stage.style.height = `${height}px`;
  live.palette = readPalette(live.root);
  const primary = getComputedStyle(live.root).getPropertyValue("--st-primary-color");
  live.root.style.setProperty("--sw-on-primary", luminance(channels(primary)) > 120 ? "#000" : "#fff");
  const { clientWidth: width } = live.stage;
  const scene = live.scene;
  const same = scene && scene.w === width && scene.h === height && scene.film === live.film &&
    scene.palette === live.palette && scene.ratio === ratio();
  if (!same) {
    live.scene = newScene(live, width, height);
    fillLegend(live);
    tidy(live);
  }
}

const ratio = () => Math.min(window.devicePixelRatio || 1, 2);

function newScene(live, w, h) {
  for (const sheet of live.sheets) fit(sheet, w, h);
  return {
    w, h, film: live.film, palette: live.palette, ratio: ratio(), about: live.about,
    trail: -1, // the last step on the sheet of what was looked at; -1 for an empty sheet
    marked: "", ...placed(live.view, live.film, w, h),
  };
}

function fit(canvas, w, h) {
  canvas.width = Math.round(w * ratio());
  canvas.height = Math.round(h * ratio());
}

// Paint everything anew.
function tidy(live) {
  const { scene } = live;
  drawGround(live.sheets[0], scene);
  scene.trail = -1;
  scene.marked = "";
  live.sideDrawn = "";
  redraw(live);
}

// What a step changes: the trail grows, the marks follow a whole step, the top sheet each frame.
function redraw(live) {
  const { scene, film, sheets } = live;
  if (!scene || live.gone) return;
  const rest = still() || live.part === 0;
  goTo(film, live.step);
  const [, trail, marks, top] = sheets.map((sheet) => brush(sheet, scene.ratio));
  const upper = film.layer[shownStep(live)] > 0;
  live.sheets[0].style.opacity = upper ? 0.35 : 1;
  const done = rest ? live.step - 1 : live.step;
  if (done < scene.trail) {
    clear(trail, scene);
    scene.trail = -1;
  }
  if (done > scene.trail) drawTrail(trail, scene, scene.trail + 1, done);
  scene.trail = Math.max(done, -1);
  const marked = `${film.at}/${shownStep(live)}`;
  if (scene.marked !== marked) {
    clear(marks, scene);
    drawMarks(marks, scene, shownStep(live));
    scene.marked = marked;
    live.sideLate = true;
  }
  // In quick play the sides follow ten times a second: the stage is what is looked at.
  if (live.sideLate && (live.until === null || live.clock - live.sideAt > SIDE_MS)) {
    drawSide(live, shownStep(live));
    live.sideLate = false;
    live.sideAt = live.clock;
  }
  clear(top, scene);
  drawStep(top, scene, rest ? live.step : live.step + 1, rest ? 1 : live.part);
  live.drawn += 1;
}

function brush(canvas, scale) {
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

const clear = (context, { w, h }) => context.clearRect(0, 0, w, h);

// Places of all items, of the query and of the rings, in px.
function placed(view, film, w, h) {
  return view === "map" ? onMap(film, w, h) : onRings(film, w, h);
}

function onMap({ about, places }, w, h) {
  const [width, height] = about.spans;
  const scale = Math.min((w - 2 * EDGE_PX) / width, (h - 2 * EDGE_PX) / height);
  const left = (w - scale * width) / 2;
  const top = (h - scale * height) / 2;
  const [x, y] = [new Float32Array(about.n), new Float32Array(about.n)];
  for (let item = 0; item < about.n; item++) {
    x[item] = left + (places[2 * item] / 65535) * scale * width;
    y[item] = top + (1 - places[2 * item + 1] / 65535) * scale * height;
  }
  // A query may be far longer than any item: then it stands at the edge.
  const inside = (value, size) => Math.min(Math.max(value, EDGE_PX), size - EDGE_PX);
  const at = [left + about.query[0] * scale * width, top + (1 - about.query[1]) * scale * height];
  const query = [inside(at[0], w), inside(at[1], h)];
  return { x, y, query, outside: query[0] !== at[0] || query[1] !== at[1], rings: [] };
}

// Nearness by rank, on a scale that gives the few nearest about as much room as the many others.
function onRings({ about, places, ranks }, w, h) {
  const ry = h / 2 - EDGE_PX;
  const rx = Math.min(w / 2 - EDGE_PX, WIDER * ry);
  const [x, y] = [new Float32Array(about.n), new Float32Array(about.n)];
  const reach = (rank) => (Math.log(rank + 2) / Math.log(about.n + 2)) ** SPREAD;
  const middles = runningMiddles(about.n, places, ranks);
  for (let item = 0; item < about.n; item++) {
    const middle = Math.min(2 * ranks[item] + 20, about.n - 1);
    const angle = Math.atan2(
      (places[2 * item + 1] - middles[2 * middle + 1]) * about.spans[1],
      (places[2 * item] - middles[2 * middle]) * about.spans[0]);
    const radius = reach(ranks[item]);
    x[item] = w / 2 + radius * rx * Math.cos(angle);
    y[item] = h / 2 - radius * ry * Math.sin(angle);
  }
  const rings = [];
  for (let nearest = 10; nearest < about.n; nearest *= 10)
    rings.push({ nearest, rx: rx * reach(nearest - 1), ry: ry * reach(nearest - 1) });
  return { x, y, query: [w / 2, h / 2], outside: false, rings };
}

// The mean place of the nearest, by how many. An item's angle is seen from the middle of those that
// are about as near, or all the nearest would lie in one direction.
function runningMiddles(n, places, ranks) {
  const byRank = new Uint32Array(n);
  ranks.forEach((rank, item) => (byRank[rank] = item));
  const middles = new Float64Array(2 * n);
  const sum = [0, 0];
  byRank.forEach((item, rank) => {
    for (const axis of [0, 1]) {
      sum[axis] += places[2 * item + axis];
      middles[2 * rank + axis] = sum[axis] / (rank + 1);
    }
  });
  return middles;
}

// Lay the items out in the other way; they glide there.
function turn(live, view) {
  if (view === live.view || !live.scene) return;
  live.view = view;
  for (const [name, button] of Object.entries(live.views))
    button.setAttribute("aria-pressed", String(name === view));
  live.caption.textContent = captionOf(live);
  const to = placed(view, live.film, live.scene.w, live.scene.h);
  if (still()) {
    Object.assign(live.scene, to);
    tidy(live);
    return;
  }
  const { x, y, query } = live.scene;
  live.morphing = { from: { x, y, query }, to, begun: null };
  live.clock = null;
  if (!live.ticking) live.ticking = requestAnimationFrame((now) => tick(live, now));
}

const eased = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2);
const between = (a, b, t) => a + (b - a) * t;

// One frame of the gliding; whether it goes on.
function morph(live, now) {
  const { morphing, scene } = live;
  if (!morphing) return false;
  morphing.begun ??= now;
  const t = Math.min((now - morphing.begun) / MORPH_MS, 1);
  const { from, to } = morphing;
  if (t === 1) {
    Object.assign(scene, to);
    live.morphing = null;
  } else {
    const mixed = (a, b) => Float32Array.from(a, (value, item) => between(value, b[item], eased(t)));
    Object.assign(scene, { x: mixed(from.x, to.x), y: mixed(from.y, to.y), rings: [], outside: false,
      query: from.query.map((value, axis) => between(value, to.query[axis], eased(t))) });
  }
  drawGround(live.sheets[0], scene);
  clear(brush(live.sheets[1], scene.ratio), scene);
  scene.trail = -1;
  scene.marked = "";
  return t < 1;
}

// What is under the pointer.
function point(live, event) {
  const { scene, film, tip } = live;
  const { left, top } = live.stage.getBoundingClientRect();
  const [px, py] = [event.clientX - left, event.clientY - top];
  let [best, nearest] = [81, -1];
  for (let item = 0; item < film.about.n; item++) {
    const [dx, dy] = [scene.x[item] - px, scene.y[item] - py];
    const apart = dx * dx + dy * dy - (film.seen[item] >= 0 && film.seen[item] <= film.at ? 30 : 0);
    if (apart < best) [best, nearest] = [apart, item];
  }
  tip.hidden = nearest < 0;
  if (nearest < 0) return;
  const step = film.seen[nearest];
  const seen = step >= 0 && step <= film.at;
  const fate = !seen ? "not looked at" + (step >= 0 ? " yet" : "")
    : `looked at in step ${count(step)}${film.kept.has(nearest) ? ", kept" : ", not kept"}`;
  tip.textContent =
    `${called(film, nearest)} · ${ordinal(film.ranks[nearest] + 1)} nearest to the query · ${fate}`;
  const { offsetWidth: w, offsetHeight: h } = tip;
  tip.style.left = `${Math.max(4, Math.min(px + 14, scene.w - w - 4))}px`;
  tip.style.top = `${py + 20 + h > scene.h ? py - h - 12 : py + 16}px`;
}

function ordinal(number) {
  const ending = { one: "st", two: "nd", few: "rd", other: "th" };
  return count(number) + ending[new Intl.PluralRules("en", { type: "ordinal" }).select(number)];
}

