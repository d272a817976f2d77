// A search that plays. __init__.py sets in front of this file what all figures share (colours.js,
// sheet.js, free_moment.js) and MARKS, and behind it the other files of this folder.

const walks = new WeakMap(); // the component's element -> what is shown in it
const drawings = (window.__otherDrawings ??= new Map()); // key -> a drawing that is not Plotly's
const NARROW_PX = 720;
const WIDE_PX = 1100;

export default function (component) {
  const { data, parentElement } = component;
  let live = walks.get(parentElement);
  if (!live) walks.set(parentElement, (live = mount(parentElement)));
  receive(live, unpack(data));
  // A run that a newer one has overtaken is cleaned up at once, perhaps before the newer one is here:
  // only who has left the document is gone.
  return () => {
    if (!parentElement.isConnected) unmount(live, parentElement);
  };
}

function mount(element) {
  const find = (name) => element.querySelector(`.search-walk-${name}`);
  const named = (within, name) =>
    Object.fromEntries([...within.querySelectorAll(`[data-${name}]`)].map((b) => [b.dataset[name], b]));
  const live = {
    root: element.querySelector(".search-walk"), find, stage: find("stage"), plot: find("plot"),
    table: find("table"), heading: find("heading"), caption: find("caption"), tip: find("tip"),
    tools: named(element, "do"), go: named(element, "go"), views: named(element, "view"),
    range: element.querySelector("input[type=range]"), select: element.querySelector("select"),
    sheets: [...find("stage").querySelectorAll("canvas")], place: find("place"), chart: find("chart"),
    header: "", about: {}, film: null, pace: null, view: "rings", scene: null, morphing: null,
    step: 0, part: 0, until: null, playing: false, speed: 1, clock: null, ticking: 0,
    told: -1, toldAt: 0, sideLate: true, sideAt: 0, toldRunning: false, drawn: 0, gone: false,
    near: undefined, idle: 0,
  };
  live.root.searchWalk = live; // for tests
  for (const [name, button] of Object.entries(live.tools)) button.onclick = () => DO[name](live);
  for (const [name, button] of Object.entries(live.views)) button.onclick = () => turn(live, name);
  live.go.play.onclick = live.stage.onclick = () => toggle(live);
  live.go.back.onclick = () => stepBy(live, -1);
  live.go.forward.onclick = () => stepBy(live, 1);
  live.range.oninput = () => seek(live, Number(live.range.value));
  live.select.onchange = () => (live.speed = Number(live.select.value));
  live.root.onkeydown = (event) => pressed(live, event);
  live.stage.onpointermove = (event) => event.pointerType === "mouse" && point(live, event);
  live.stage.onpointerleave = () => (live.tip.hidden = true);
  live.resized = new ResizeObserver(() => layOut(live));
  live.resized.observe(live.root);
  live.approached = new IntersectionObserver((changes) => {
    live.near = changes.at(-1).isIntersecting;
    if (live.near && live.idle) layOut(live);
  }, { rootMargin: `${NEAR_PX}px` });
  live.approached.observe(live.root);
  return live;
}

function unmount(live, element) {
  live.gone = true;
  live.resized.disconnect();
  live.approached.disconnect();
  cancelIdle(live);
  cancelAnimationFrame(live.ticking);
  if (drawings.get(live.about.key)?.live === live) drawings.delete(live.about.key);
  walks.delete(element);
}

const toggle = (live) => (live.playing ? pause(live) : play(live));

function pressed(live, event) {
  const { target, key, shiftKey } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || !live.film) return;
  const plain = target === live.stage || target === live.range;
  const far = shiftKey ? 10 : 1;
  const does = {
    " ": () => toggle(live), ArrowRight: () => stepBy(live, far), ArrowLeft: () => stepBy(live, -far),
    ArrowUp: () => stepBy(live, far), ArrowDown: () => stepBy(live, -far),
    Home: () => seek(live, 0), End: () => seek(live, live.film.last),
  }[key];
  if (!does || !plain) return;
  event.preventDefault();
  does();
}

// Another walk takes the place of this one; one that stood at its end stands at its end again.
function receive(live, { header, arrays }) {
  if (header !== live.header) {
    const atEnd = !live.film || (!live.playing && shownStep(live) >= live.film.last);
    const step = shownStep(live);
    live.header = header;
    live.about = JSON.parse(header);
    drawings.set(live.about.key, {
      live, header, draw: () => drawing(live), columns: () => live.about.table });
    live.film = openFilm(live.about, arrays(live.about));
    live.pace = pace(live.film);
    live.playing = false;
    live.until = null;
    setTime(live, atEnd ? live.film.last : step);
    live.scene = null;
    live.morphing = null;
    live.told = -1;
    describe(live);
    tell(live);
  }
  // Off screen it is painted in a free moment: charts that answer a slider are drawn before.
  if (live.near === false) live.idle ||= later(() => layOut(live));
  else layOut(live);
}

function describe(live) {
  const { about, film, tools } = live;
  const [title, note] = live.heading.querySelectorAll("strong, span");
  title.textContent = about.title;
  note.textContent = unitsOf(about);
  live.caption.textContent = captionOf(live);
  live.root.setAttribute("aria-label", about.title);
  live.root.setAttribute("role", "group");
  live.stage.setAttribute("aria-label", `${about.alt} Space plays, arrows step.`);
  live.range.max = film.last;
  live.table.setAttribute("aria-label", `Table: the steps of ${about.title}`);
  tools.table.setAttribute("aria-label", `Table: show the steps of ${about.title}`);
  for (const name of ["csv", "svg", "png"])
    tools[name].setAttribute("aria-label", `${name.toUpperCase()}: download ${about.title}`);
  for (const [name, button] of Object.entries(live.views))
    button.setAttribute("aria-pressed", String(name === live.view));
  fillLegend(live);
  if (!live.table.hidden) fillTable(live);
}

const unitsOf = (about) => `${count(about.k)} nearest of ${count(about.n)} items`;

function captionOf({ about, view }) {
  const share = `${(100 * about.share).toFixed(about.share < 0.1 ? 1 : 0)}%`;
  const how = view === "map"
    ? `A projection: two axes hold ${share} of the variance, so near on paper need not be near the query.`
    : "The nearer to the centre, the nearer to the query (exact, by rank); the angle comes from a " +
      `projection whose two axes hold ${share} of the variance.`;
  return [how, about.caption].filter(Boolean).join(" ");
}

