// What the buttons do: table, CSV, SVG, PNG, all without the server ---------------------------

const DO = {
  reset(live) {
    live.view += 1;
    live.tools.reset.hidden = true;
    draw(live);
    live.tools.png.focus();
  },
  table: (live) => showTable(live, live.table.hidden),
  csv: (live) => save(live, "csv", new Blob([csv(live.about.table)], { type: "text/csv" })),
  async svg(live) {
    save(live, "svg", new Blob([(await picture(live)).svg], { type: "image/svg+xml" }));
  },
  async png(live) {
    save(live, "png", await rasterised(await picture(live)));
  },
};

// The plot as it stands, between its heading and its caption, on the theme's own background. The
// font goes into the file: a picture cannot reach the page's fonts.
async function picture(live) {
  await load(live.about.plotly);
  draw(live);
  const { title, units, caption, height } = live.about;
  const palette = readPalette(live.plot);
  const width = live.plot.clientWidth;
  const plot = await Plotly.toImage(live.plot, { format: "svg", width, height, imageDataOnly: true });
  const head = wrapped(`${title}  ${units}`.trim(), 17, width, palette.font);
  const foot = wrapped(caption, 13, width, palette.font);
  const top = EDGE + head.length * 24;
  const total = { width: width + 2 * EDGE, height: top + height + foot.length * 18 + EDGE };
  const text = (line, y, size, style) =>
    `<text x="${EDGE}" y="${y}" font-size="${size}" ${style}>${line}</text>`;
  const bold = (line, row) => (row || !title || !line.startsWith(title) ? escaped(line)
    : `<tspan font-weight="600" fill="${palette.ink}">${escaped(title)}</tspan>` +
      `<tspan xml:space="preserve">${escaped(line.slice(title.length))}</tspan>`);
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `,
    `width="${total.width}" height="${total.height}" font-family="${escaped(palette.font)}" `,
    `fill="${palette.muted}"><title>${escaped(live.about.alt)}</title>`,
    `<style>${await fontFace(palette.font)}</style>`,
    `<rect width="100%" height="100%" fill="${palette.paper}"/>`,
    ...head.map((line, i) => text(bold(line, i), EDGE + 16 + i * 24, 17, "")),
    `<g transform="translate(${EDGE},${top})">${plot.replace(/^[^<]*(?:<\?.*?\?>)?/, "")}</g>`,
    ...foot.map((line, i) => text(escaped(line), top + height + 16 + i * 18, 13, "")),
    "</svg>",
  ].join("");
  return { svg, ...total };
}
