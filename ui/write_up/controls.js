// The button, what it offers, and how far it is. Files are made by the script that is served for it.
// __init__.py sets colours.js in front of this file.

const TELL_MS = 1000; // what takes longer says how far it is, and can be given up
const PATIENCE_MS = 60_000; // for the server, which answers once what runs there is over
const AGAIN_MS = 1500; // a run that comes between may take the question, or its answer, with it
const HEARD_MS = 4000;
const decoder = new TextDecoder();
const mounted = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  let live = mounted.get(parentElement);
  if (!live) mounted.set(parentElement, (live = mount(parentElement)));
  live.ask = (name) => component.setTriggerValue("ask", name);
  const sent = JSON.parse(decoder.decode(data));
  live.downloads = sent.downloads;
  if (sent.answer && sent.answer === live.asked) live.answered(sent.page);
  return () => {
    if (parentElement.isConnected) return; // a newer run has overtaken this one
    live.over = true;
    mounted.delete(parentElement);
  };
}

function mount(element) {
  const find = (name) => element.querySelector(`.take-away-${name}`);
  const live = {
    root: element.querySelector(".take-away"), open: find("open"), panel: find("panel"),
    line: find("line"), cancel: find("cancel"), code: find("code"),
    choices: [...element.querySelectorAll("[data-as]")], asked: "", over: false,
  };
  live.open.onclick = () => show(live, live.panel.hidden);
  live.root.onkeydown = (event) => {
    if (event.key !== "Escape" || live.panel.hidden) return;
    show(live, false);
    live.open.focus();
  };
  live.cancel.onclick = () => {
    live.over = true;
    live.refused?.();
  };
  for (const choice of live.choices) choice.onclick = () => take(live, choice.dataset.as);
  return live;
}

function show(live, open) {
  live.panel.hidden = !open;
  live.open.setAttribute("aria-expanded", String(open));
}

async function take(live, format) {
  live.over = false;
  live.code.hidden = true;
  for (const choice of live.choices) choice.disabled = true;
  const begun = performance.now();
  let told = "waiting for the page";
  const tell = () => {
    if (performance.now() - begun < TELL_MS) return;
    live.line.textContent = `${told} …`;
    live.cancel.hidden = false;
  };
  const clock = setInterval(tell, 250);
  try {
    const made = format === "python" ? copied(live) : saved(live, format, (done, all, what) => {
      told = what === "charts" ? `${done + 1} of ${all} charts, as they were when you asked` : what;
      tell();
    });
    live.line.textContent = "";
    live.line.textContent = await made;
    if (format !== "python") setTimeout(() => (live.line.textContent = ""), HEARD_MS);
  } catch (error) {
    live.line.textContent = live.over ? "Given up." : `It could not be made: ${error.message}.`;
    if (!live.over) console.warn(error);
  } finally {
    clearInterval(clock);
    live.cancel.hidden = true;
    for (const choice of live.choices) choice.disabled = false;
  }
}

async function saved(live, format, tell) {
  const { pageAs, save } = await script(live);
  const page = await asked(live);
  const { name, blob } = await pageAs(format, page, readPalette(live.root), tell, () => live.over);
  save(name, blob);
  return `Saved as ${name}.`;
}

// Browsers let a page write to the clipboard only soon after a click: they are promised the text.
async function copied(live) {
  const text = asked(live).then((page) => page.python);
  text.then((code) => {
    live.code.textContent = code;
    live.code.hidden = false;
  }, () => {});
  try {
    const item = text.then((code) => new Blob([code], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": item })]);
    return "Copied.";
  } catch {
    await text; // whose own failure is told
    getSelection().selectAllChildren(live.code);
    return "Copy it from here.";
  }
}

// The page as it is now, from the server.
function asked(live) {
  live.asked = Math.random().toString(36).slice(2);
  live.ask(live.asked);
  const again = setInterval(() => live.ask(live.asked), AGAIN_MS);
  return new Promise((resolve, reject) => {
    live.answered = resolve;
    live.refused = () => reject(new Error("given up"));
    setTimeout(() => reject(new Error("the server did not answer")), PATIENCE_MS);
  }).finally(() => clearInterval(again));
}

const script = (live) =>
  (window.__takeAway ??= import(new URL(live.downloads, location.href).href).catch((error) => {
    window.__takeAway = undefined; // the next time tries again
    throw error;
  }));
