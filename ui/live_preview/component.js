// Follows sliders, choices and switches between the server's answers. One preview a page, on
// `window`, since live figures ask it whether an answer is for the values that these hold now.

const decoder = new TextDecoder();
const preview = (window.__livePreview ??= create());

export default function ({ data, parentElement }) {
  preview.receive(decoder.decode(data), parentElement);
  // A run that a newer one has overtaken is cleaned up at once, perhaps before the newer one is here.
  return () => {
    if (!parentElement.isConnected) preview.leave(parentElement);
  };
}

function create() {
  const sliders = new Map(); // class of the slider, or of what is chosen by -> its course
  let received = "";
  const waiting = new Map(); // key of a figure -> what it shows next
  let shown = null; // the slider that is previewed
  let drawing = false; // whether figures are on their way
  let owner = null; // the element of the page whose sliders these are
  let words = []; // the containers of the texts, watched

  // A key is heard before the page draws its slider anew; a pointer moves the slider without an
  // event of its own, and is seen by what the slider says then; so is a choice, and a switch.
  document.addEventListener("input", ({ target }) => moved(target), true);
  const told = ["aria-valuetext", "aria-checked", "data-selected"];
  new MutationObserver((changes) => {
    for (const target of new Set(changes.map((change) => change.target))) moved(target);
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: told });
  // The server may write the texts of a value that the slider has left.
  const rewritten = new MutationObserver(() => shown && writeTexts(shown.texts));

  function receive(text, element) {
    owner = element;
    if (text !== received) {
      received = text;
      sliders.clear();
      for (const course of JSON.parse(text)) sliders.set(course.slider, course);
    }
    watchWords();
    if (shown === null) return;
    const value = standing(shown.slider);
    // The server may work out a course anew while its slider is in the hand.
    if (!sliders.has(shown.slider) && !isDrawnFor(shown.slider, value))
      sliders.set(shown.slider, shown.course);
    const course = sliders.get(shown.slider);
    if (value === undefined || !course) settle();
    else show(course, value);
  }

  // Another page may have no preview that would end this one's.
  function leave(element) {
    if (element !== owner) return;
    sliders.clear();
    received = "";
    settle();
  }

  const isDrawnFor = (slider, value) =>
    [...(window.__liveFigures?.values() ?? [])].some(({ about }) => about.at[slider] === value);

  function watchWords() {
    const found = [...document.querySelectorAll("[class*=st-key-live_texts]")];
    if (found.length === words.length && found.every((one, i) => one === words[i])) return;
    rewritten.disconnect();
    words = found;
    for (const one of words) rewritten.observe(one, { subtree: true, childList: true });
  }

  function moved(element) {
    if (!element.matches?.(SPEAKS)) return;
    for (const course of sliders.values())
      if (element.closest(`.${course.slider}`)) return show(course, reading(element));
  }

  function show(course, value) {
    if (value === undefined || value === course.value) return settle();
    if (shown?.course === course && shown.value === value) return;
    const patches = course.course.tracks.map(([path, kind, what]) =>
      [path, MOVES[kind](what, place(course, value), value), isColoured(kind, what)]);
    const texts = { ...course.course.scene.texts };
    const captions = { ...course.course.scene.captions };
    for (const [path, now] of patches) {
      if (path[0] === "texts") texts[path[1]] = now;
      if (path[0] === "captions") captions[path[1]] = now;
    }
    shown = { slider: course.slider, course, value, texts };
    const { classList, dataset } = document.documentElement;
    if (dataset.previewing !== course.slider) {
      classList.add("sl-previewing");
      dataset.previewing = course.slider;
    }
    writeTexts(texts);
    for (const [key, figure] of Object.entries(course.course.scene.figures)) {
      figure.json ??= JSON.stringify({ data: figure.data, layout: figure.layout });
      const mine = patches.filter(([path]) => path[0] === "figures" && path[1] === key);
      waiting.set(key, {
        json: figure.json,
        name: `${course.slider} ${value}`,
        caption: captions[key],
        patch: (drawn, fill) =>
          mine.forEach(([path, now, coloured]) =>
            put(drawn, path.slice(2), coloured ? JSON.parse(fill(JSON.stringify(now))) : now)),
      });
    }
    drawWaiting();
  }

  // At once, and then once a frame, however often the slider speaks. As many figures as fit into a
  // frame, so that the first is seen before the last is drawn; a newer value that comes meanwhile is
  // what the figures to come show.
  async function drawWaiting() {
    if (drawing) return;
    drawing = true;
    try {
      while (waiting.size) {
        const began = performance.now();
        while (waiting.size && performance.now() - began < FRAME_MS) {
          const [[key, figure]] = waiting;
          waiting.delete(key);
          await window.__liveFigures?.get(key)?.show(figure);
        }
        await painted();
      }
    } finally {
      drawing = false; // one figure that fails does not keep the next value from being drawn
    }
  }

  function settle() {
    waiting.clear();
    if (shown === null) return;
    shown = null;
    document.documentElement.classList.remove("sl-previewing");
    delete document.documentElement.dataset.previewing;
    for (const live of window.__liveFigures?.values() ?? []) live.show(null);
    for (const element of document.querySelectorAll("[data-live]"))
      if (element.settledText !== undefined) element.textContent = element.settledText;
  }

  // Whether an answer is for the values that the sliders hold; `at`: class of a slider -> value.
  const holds = (at) => Object.entries(at ?? {}).every(([slider, value]) => {
    const now = standing(slider);
    return now === undefined || now === value;
  });

  return { receive, leave, holds };
}

// Whether a track brings colours of the viewer's theme; found out once, for it is asked in each frame.
const isColoured = (kind, what) =>
  kind === "step" && (what.coloured ??= JSON.stringify(what.values).includes("var(--"));

const FRAME_MS = 24; // small charts are drawn together: each paint takes about as long as one of them

const painted = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));

const SPEAKS = "input[type=range], .stCheckbox, [role=radio]";

// What a slider holds, the place of what is chosen among choices, or 1 for a switch that is on;
// undefined where it is not on the page.
const standing = (slider) => reading(document.querySelector(`.${slider} :is(${SPEAKS})`));

function reading(element) {
  if (element?.type === "range") return Number(element.value);
  if (element?.matches(".stCheckbox")) return Number(element.querySelector("input").checked);
  const choices = [...(element?.parentElement.querySelectorAll("[role=radio]") ?? [])];
  const place = choices.findIndex((choice) => choice.ariaChecked === "true");
  return place < 0 ? undefined : place;
}

function writeTexts(texts) {
  for (const element of document.querySelectorAll("[data-live]")) {
    const text = texts[element.dataset.live];
    if (text === undefined || text === element.textContent) continue;
    element.settledText ??= element.textContent;
    element.textContent = text;
  }
}

// Where a value lies among the knots: the one below, and the share of the way to the next.
function place({ knots, logarithmic }, value) {
  const last = knots.length - 1;
  if (last === 0 || value <= knots[0]) return [0, 0];
  if (value >= knots[last]) return [last, 0];
  let below = 0;
  while (knots[below + 1] <= value) below += 1;
  const scale = logarithmic ? Math.log : Number;
  const [low, high] = [scale(knots[below]), scale(knots[below + 1])];
  return [below, (scale(value) - low) / (high - low)];
}

const between = (values, [below, share]) => {
  if (share === 0) return values[below];
  const [a, b] = [values[below], values[below + 1]];
  if (!Array.isArray(a)) return a + share * (b - a);
  return a.map((low, i) => low + share * (b[i] - low));
};

// An axis that stands still between knots shows what moves: one that moved along would hide it.
const widest = (ranges, [below, share]) => {
  const [[from, to], [first, last]] = [ranges[below], ranges[below + (share > 0)]];
  const [start, end] = from < to ? [Math.min, Math.max] : [Math.max, Math.min];
  return [start(from, first), end(to, last)];
};

const MOVES = {
  is: (_, where, value) => value,
  line: between,
  range: widest,
  step: ({ values, which }, [below]) => values[which[below]],
  text: (runs, [below, share], value) => {
    const { first, last, pieces, slots } = runs.findLast((run) => run.first <= below);
    const where = [below - first, below < last ? share : 0];
    return pieces[0] + slots.map((slot, i) =>
      number(slot, slot.kind === "is" ? value : between(slot.values, where), where) + pieces[i + 1]
    ).join("");
  },
};

const formats = new Map(); // one is made for each way to write: that takes longer than to use it

function formatOf(decimals, useGrouping) {
  const name = `${decimals} ${useGrouping}`;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  if (!formats.has(name)) formats.set(name, new Intl.NumberFormat("en-US", { ...digits, useGrouping }));
  return formats.get(name);
}

function number({ digits, signed, grouped }, value, [below]) {
  const text = formatOf(digits[below], grouped).format(Math.abs(value));
  const sign = value < 0 ? "−" : signed ? "+" : "";
  return Number(text.replaceAll(",", "")) === 0 ? text : sign + text;
}

function put(drawn, path, value) {
  const last = path.at(-1);
  let target = drawn;
  for (const name of path.slice(0, -1)) target = target[name];
  target[last] = value;
}
