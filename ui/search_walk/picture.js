// What the buttons do, and the picture as SVG: the same drawing, written down ------------------

const DO = {
  table: (live) => showTable(live, live.table.hidden),
  async csv(live) {
    const { csv, originOf, save } = await takeAway(live.about.downloads);
    const text = csv(live.about.table, originOf(said(live)));
    save(`${live.about.filename}.csv`, new Blob([text], { type: "text/csv" }));
  },
  async svg(live) {
    const { save } = await takeAway(live.about.downloads);
    const { svg } = await picture(live);
    save(`${live.about.filename}.svg`, new Blob([svg], { type: "image/svg+xml" }));
  },
  async png(live) {
    const { originOf, rasterised, save, withOrigin } = await takeAway(live.about.downloads);
    const png = await rasterised(await picture(live));
    save(`${live.about.filename}.png`, await withOrigin(png, originOf(said(live))));
  },
};

// As much of a 2d context as is used here, writing SVG.
class Recorder {
  constructor() {
    Object.assign(this, { out: [], path: [], dash: [], globalAlpha: 1, lineWidth: 1, font: "",
      fillStyle: "#000", strokeStyle: "#000", textAlign: "left", textBaseline: "", lineJoin: "" });
  }
  static round = (value) => Math.round(value * 10) / 10;
  add(letter, ...values) { this.path.push(letter + values.map(Recorder.round).join(" ")); }
  beginPath() { this.path = []; }
  moveTo(x, y) { this.add("M", x, y); }
  lineTo(x, y) { this.add(this.path.length ? "L" : "M", x, y); }
  closePath() { this.path.push("Z"); }
  rect(x, y, w, h) { this.path.push(`M${[x, y].map(Recorder.round).join(" ")}h${Recorder.round(w)}v${Recorder.round(h)}h${Recorder.round(-w)}Z`); }
  arc(x, y, r) { this.ellipse(x, y, r, r); } // whole circles only
  ellipse(x, y, rx, ry) {
    this.add("M", x + rx, y);
    for (const side of [-1, 1]) this.add("A", rx, ry, 0, 0, 0, x + side * rx, y);
  }
  setLineDash(dash) { this.dash = dash; }
  get alpha() { return this.globalAlpha === 1 ? "" : ` opacity="${this.globalAlpha}"`; }
  get pen() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    return `fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-linejoin="round"${dash}`;
  }
  fill() { if (this.path.length) this.out.push(`<path d="${this.path.join("")}" fill="${this.fillStyle}"${this.alpha}/>`); }
  stroke() { if (this.path.length) this.out.push(`<path d="${this.path.join("")}" ${this.pen}${this.alpha}/>`); }
  // Squares of one colour become one path, or a scan would write twenty thousand elements.
  fillRect(...box) {
    const paint = `fill="${this.fillStyle}"${this.alpha}`;
    const last = this.out.at(-1);
    const path = this.path;
    this.path = [];
    this.rect(...box);
    if (last?.paint === paint) last.path.push(this.path[0]);
    else this.out.push({ paint, path: this.path });
    this.path = path;
  }
  strokeRect(...box) {
    const path = this.path;
    this.path = [];
    this.rect(...box);
    this.stroke();
    this.path = path;
  }
  toString() {
    return this.out.map((one) => one.paint ? `<path d="${one.path.join("")}" ${one.paint}/>` : one).join("");
  }
  text(text, x, y, paint) {
    const [weight, size] = this.font.match(/(\d+) (\d+)px/).slice(1);
    const anchor = { center: "middle", right: "end" }[this.textAlign] ?? "start";
    this.out.push(`<text x="${Recorder.round(x)}" y="${Recorder.round(y + size * 0.35)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" ${paint}>${escaped(text)}</text>`);
  }
  fillText(text, x, y) { this.text(text, x, y, `fill="${this.fillStyle}"`); }
  strokeText(text, x, y) { this.text(text, x, y, this.pen); }
}

function recorded(draw) {
  const recorder = new Recorder();
  draw(recorder);
  return String(recorder);
}

// What is drawn, in the frame that all figures have.
async function picture(live) {
  const { inFrame, originOf } = await takeAway(live.about.downloads);
  return inFrame(said(live), originOf(said(live)), await drawing(live), live.palette);
}

const said = (live) => ({
  title: live.about.title, units: unitsOf(live.about), caption: captionOf(live), alt: live.about.alt,
  source: live.about.source, isPreview: false,
});

// Stage, sides, words and legend as they stand.
async function drawing(live) {
  const { EDGE, wrapped } = await takeAway(live.about.downloads);
  const { scene, film, palette } = live;
  const step = shownStep(live);
  goTo(film, step);
  const side = Math.max(live.place.clientWidth, 240);
  const [high, low] = sideHeights(live);
  const width = scene.w + EDGE + side;
  const words = wrapped(film.about.texts[step], 15, width, palette.font, 400);
  const top = words.length * 22 + 6;
  const below = top + Math.max(scene.h, high + low + 30) + 18;
  const rows = placedKeys(legendOf(live), width, palette.font);
  const height = below + (rows.at(-1).row + 1) * 24;
  const text = (line, y, size) => `<text x="0" y="${y}" font-size="${size}">${escaped(line)}</text>`;
  const clip = `stage-${live.about.key}`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" `,
    `font-family="${escaped(palette.font)}" fill="${palette.ink}">`,
    ...words.map((line, i) => text(line, 16 + i * 22, 15)),
    `<clipPath id="${escaped(clip)}"><rect width="${scene.w}" height="${scene.h}"/></clipPath>`,
    `<g transform="translate(0,${top})" clip-path="url(#${escaped(clip)})">`,
    dust(scene, film.layer[step] > 0 ? 0.35 : 1),
    recorded((to) => {
      drawRings(to, scene);
      drawTrail(to, scene, 0, step);
      drawMarks(to, scene, step);
      drawStep(to, scene, step, 1);
    }),
    `</g><rect y="${top}" width="${scene.w}" height="${scene.h}" rx="8" fill="none" stroke="${palette.fill("var(--ink-14)")}"/>`,
    `<g transform="translate(${scene.w + EDGE},${top})">`,
    recorded((to) => drawPlace(to, scene, step, side, high)),
    `<g transform="translate(0,${high + 30})">${recorded((to) => drawChart(to, scene, step, side, low))}</g></g>`,
    ...rows.map(({ shape, words: line, left, row }) =>
      `<g transform="translate(${left},${below + row * 24})" color="${palette.ink}">${shape}` +
      `<text x="24" y="12.5" font-size="13">${escaped(line)}</text></g>`),
    "</svg>",
  ].join("");
  goTo(film, live.step);
  return { svg, width, height };
}

// All items as dots of one path.
function dust({ x, y, palette }, alpha) {
  const dots = Array.from(x, (left, item) => `M${left.toFixed(1)} ${y[item].toFixed(1)}h0`).join("");
  return `<path d="${dots}" stroke="${palette.ink}" stroke-width="2" stroke-linecap="round" opacity="${0.32 * alpha}"/>`;
}

// Where each mark of the legend stands: left, and in which row.
function placedKeys(keys, width, font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `400 13px ${font}`;
  let [left, row] = [0, 0];
  return keys.map(([shape, words]) => {
    const wide = 24 + context.measureText(words).width + 20;
    if (left && left + wide > width) [left, row] = [0, row + 1];
    const place = { shape, words, left, row };
    left += wide;
    return place;
  });
}
