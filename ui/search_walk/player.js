// Time: playing, stepping, scrubbing ----------------------------------------------------------

const STEP_MS = 380; // of one step by hand
const REST_MS = 15_000; // what the long part of a walk takes at speed 1
const TOLD_MS = 140; // while it plays, the words change no more often than they can be read at all
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// How long each step is shown at speed 1. The way down is slow, since each hop of it is told; the
// long search on the lowest layer starts slowly and then runs.
function pace(film) {
  const { kind } = film.about;
  const ms = new Float64Array(film.last + 1).fill(700);
  const first = kind === "hnsw" ? film.layer.indexOf(0) : 1;
  const slow = kind === "hnsw" ? 8 : kind === "ivf" ? 2 : 1;
  const rest = Math.max(1, film.last - first - slow);
  const quick = Math.min(Math.max(REST_MS / rest, 10), kind === "exact" ? 150 : 450);
  for (let step = 1; step < film.last; step++) {
    const into = step - first; // steps on the lowest layer
    ms[step] = into < 0 ? 1100 : into < slow ? 700 - ((700 - quick) * into) / slow : quick;
  }
  if (film.refined > 0) ms[film.refined] = 2400;
  return ms;
}

// Position on the film: `step` is done, and `part` (0 to 1) of the next.
function setTime(live, step, part = 0) {
  const last = live.film.last;
  live.step = Math.min(Math.max(step, 0), last);
  live.part = live.step === last ? 0 : part;
}

const shownStep = (live) => live.step + (live.part > 0 ? 1 : 0);

function play(live) {
  if (shownStep(live) >= live.film.last) setTime(live, 0);
  live.playing = true;
  live.until = live.film.last;
  start(live);
}

function pause(live) {
  live.playing = false;
  live.until = null;
  setTime(live, shownStep(live)); // what has begun is shown whole
  tell(live);
  redraw(live);
}

function seek(live, step) {
  live.playing = false;
  live.until = null;
  setTime(live, step);
  tell(live);
  redraw(live);
}

// One step forward is played, one back is a jump.
function stepBy(live, by) {
  const from = live.until !== null && !live.playing ? live.until : shownStep(live);
  if (by !== 1 || still() || from >= live.film.last) return seek(live, from + by);
  setTime(live, from);
  live.playing = false;
  live.until = from + 1;
  start(live);
}

function start(live) {
  tell(live);
  live.clock = null;
  if (!live.ticking) live.ticking = requestAnimationFrame((now) => tick(live, now));
}

function tick(live, now) {
  live.ticking = 0;
  if (live.gone) return;
  const passed = Math.min(now - (live.clock ?? now), 100); // a tab that slept goes on where it was
  live.clock = now;
  const moving = live.until !== null;
  if (moving) advance(live, live.playing ? passed * live.speed : passed);
  const changing = morph(live, now);
  if (moving && live.step >= live.until) {
    live.playing = false;
    live.until = null;
  }
  redraw(live);
  if (moving) tell(live, now);
  if (live.until !== null || changing) live.ticking = requestAnimationFrame((t) => tick(live, t));
}

function advance(live, ms) {
  let { step, part } = live;
  while (ms > 0 && step < live.until) {
    const whole = live.playing ? live.pace[step + 1] : STEP_MS;
    const left = (1 - part) * whole;
    if (ms < left) {
      part += ms / whole;
      break;
    }
    ms -= left;
    step += 1;
    part = 0;
  }
  setTime(live, step, part);
}

// The words, the scrubber and the buttons. In quick play the words are thinned out.
function tell(live, now = 0) {
  const step = still() ? live.step : shownStep(live);
  const { film, find } = live;
  const running = live.until !== null;
  if (running && now && step !== live.told && now - live.toldAt < TOLD_MS) return;
  if (step === live.told && running === live.toldRunning) return;
  live.told = step;
  live.toldAt = now;
  live.toldRunning = running;
  const text = film.about.texts[step];
  // A screen reader hears each step made by hand, and in play only the end.
  find("text").setAttribute("aria-live", live.playing ? "off" : "polite");
  find("text").textContent = text;
  live.range.value = step;
  live.range.setAttribute("aria-valuetext", `Step ${step} of ${film.last}: ${text}`);
  find("step").textContent = `step ${count(step)} of ${count(film.last)}`;
  live.go.back.disabled = step === 0;
  live.go.forward.disabled = step === film.last;
  const name = live.playing ? "Pause" : step === film.last ? "Play the search" : "Play";
  if (live.go.play.dataset.name !== name) {
    live.go.play.dataset.name = name;
    const icon = live.playing ? "M3 2h4v12H3zM9 2h4v12H9z" : "M3 1.5v13L14 8z";
    live.go.play.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${icon}"/></svg> ${name}`;
  }
  fillCounts(live, step);
}

