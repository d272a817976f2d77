// The whole page as a file: HTML, Markdown with its pictures, or one tall picture. All of it is of
// one moment: texts and figures come from the server together, as `page` ({name, link, source, html,
// face, markdown, charts: [{key, token, filename, title, units, caption, alt, height, figure}]}),
// and a chart that has gone on since is drawn from what was sent.

const WIDE_PX = 1440; // of the tall picture
const PLOT_PX = 1040; // of a chart that has no width on screen
const NARROW = 0.5; // of the window: a chart that shares its row
const PHONE_PX = 700; // a window in which none does
const COLUMN_PX = 1104; // of the text's column, and
const HALF_PX = 532; // of half of it (document.css)
const MOST_PX = 32_000; // of a canvas's side, and
const MOST_AREA = 130e6; // of all of it

export class Cancelled extends Error {}

// {name, blob} of the page in a format: html, zip or png. `tell(done, all, what)` hears how far it
// is; `given()` says whether the viewer has given up.
export async function pageAs(format, page, palette, tell, given) {
  if (!window.Plotly) await (window.__liveFigurePlotly ?? loaded(page.plotly));
  const make = { html: asFile, zip: asZip, png: asPicture }[format];
  const step = async (done, all, what) => {
    tell(done, all, what);
    await new Promise((resolve) => setTimeout(resolve)); // let the line be painted, and a button heard
    if (given()) throw new Cancelled();
  };
  return make(page, palette, step);
}

const asFile = async (page, palette, step) =>
  ({ name: `${page.name}.html`, blob: new Blob([await filled(page, palette, step)], { type: "text/html" }) });

// The page's text with each chart in its place.
async function filled(page, palette, step) {
  const drawings = [];
  for (const [place, chart] of page.charts.entries()) {
    await step(place, page.charts.length, "charts");
    const width = sharesItsRow(chart) ? HALF_PX : COLUMN_PX;
    drawings.push(await withDrawing(chart, palette, ({ drawing }) => drawing, width));
  }
  let html = page.html.split(page.face).join(await fontFace(palette.font));
  page.charts.forEach(({ token }, place) => {
    html = html.split(token).join(drawings[place] ? inline(drawings[place]) : "");
  });
  return html;
}

// An SVG that gives way where its column is narrower.
function inline({ svg, width, height }) {
  const narrow = width <= HALF_PX ? " data-narrow" : "";
  const box = /^<svg[^>]* viewBox=/.test(svg) ? "" : ` viewBox="0 0 ${width} ${height}"`;
  return svg.replace(/^<svg\b/, `<svg${narrow}${box}`);
}

async function asZip(page, palette, step) {
  const { zipSync, strToU8 } = self.fflate;
  const files = { "page.md": strToU8(page.markdown) };
  const packed = { level: 6 }, stored = { level: 0 }; // a PNG is packed as it is
  for (const [place, chart] of page.charts.entries()) {
    await step(place, page.charts.length, "charts");
    const taken = await withDrawing(chart, palette, (found) => found);
    if (!taken) continue;
    const origin = originOf({ ...chart, source: page.source }, page.link);
    const picture = await inFrame(chart, origin, taken.drawing, palette);
    const png = await withOrigin(await rasterised(picture), origin);
    files[`pictures/${chart.filename}.svg`] = [strToU8(picture.svg), packed];
    files[`pictures/${chart.filename}.png`] = [new Uint8Array(await png.arrayBuffer()), stored];
    files[`data/${chart.filename}.csv`] = [strToU8(csv(taken.columns, origin)), packed];
  }
  return { name: `${page.name}.zip`, blob: new Blob([zipSync(files)], { type: "application/zip" }) };
}

// What a chart is drawn as, and its points: {drawing: {svg, width, height}, columns}, handed to
// `take` while it is there; null where nothing can draw it.
async function withDrawing(chart, palette, take, wide = widthNow(chart)) {
  const other = window.__otherDrawings?.get(chart.key);
  if (!chart.figure)
    return other ? take({ drawing: await other.draw(), columns: other.columns() }) : null;
  const live = window.__liveFigures?.get(chart.key);
  const plot = live && showsNow(live, chart.figure) ? live.plot : null;
  const drawn = plot ?? (await drawnAside(chart, palette, wide));
  try {
    const drawing = await plotted(drawn, wide, chart.height);
    return take({ drawing, columns: pointsOf(drawn, chart) });
  } finally {
    if (!plot) {
      Plotly.purge(drawn);
      drawn.remove();
    }
  }
}

const sharesItsRow = (chart) => innerWidth > PHONE_PX && widthNow(chart) < NARROW * innerWidth;

const widthNow = ({ key }) => Math.floor(window.__liveFigures?.get(key)?.plot.clientWidth || PLOT_PX);

const showsNow = (live, figure) => live.figure === figure && !live.preview && !live.late &&
  !live.moving && !live.waiting && live.plot.clientWidth > 0 && live.plot._fullData;

// Beside the window, for a chart that was never drawn or has gone on.
async function drawnAside({ figure, height }, palette, width) {
  const { data, layout } = JSON.parse(palette.fill(figure));
  delete layout.title; // it stands above the chart
  const box = document.createElement("div");
  box.style.cssText = `position:absolute;left:-${2 * width}px;top:0;width:${width}px;height:${height}px`;
  document.body.append(box);
  await Plotly.newPlot(box, data,
    { ...layout, template: palette.template, width, height, autosize: false }, { displayModeBar: false });
  return box;
}

// The same text as one picture as high as it is.
async function asPicture(page, palette, step) {
  const html = await filled(page, palette, step);
  await step(page.charts.length, page.charts.length, "the whole picture");
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const height = await heightOf(html);
  const styles = [...parsed.querySelectorAll("style")].map((style) => style.textContent).join("\n");
  const body = new XMLSerializer().serializeToString(parsed.body);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDE_PX}" height="${height}" ` +
    `data-theme="${escaped(parsed.documentElement.dataset.theme)}"><style>${escaped(styles)}</style>` +
    `<foreignObject width="100%" height="100%">${body}</foreignObject></svg>`;
  const scale = Math.min(2, MOST_PX / height, Math.sqrt(MOST_AREA / (WIDE_PX * height)));
  const origin = originOf({ title: page.title, units: "", caption: "", source: page.source }, page.link);
  const png = await rasterised({ svg, width: WIDE_PX, height }, scale, true);
  return { name: `${page.name}.png`, blob: await withOrigin(png, origin) };
}

// How high a text is in a window as wide as the picture.
async function heightOf(html) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `position:absolute;left:-${2 * WIDE_PX}px;top:0;width:${WIDE_PX}px;height:10px;border:0`;
  frame.srcdoc = html;
  const ready = new Promise((resolve) => (frame.onload = resolve));
  document.body.append(frame);
  try {
    await ready;
    await frame.contentDocument.fonts.ready;
    return Math.ceil(frame.contentDocument.body.getBoundingClientRect().height);
  } finally {
    frame.remove();
  }
}

const loaded = (path) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = path;
  script.onload = resolve;
  script.onerror = () => reject(new Error(`could not load ${path}`));
  document.head.append(script);
});
