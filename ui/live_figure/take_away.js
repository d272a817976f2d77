// What the buttons do: table, CSV, SVG, PNG, all without the server ---------------------------

const DO = {
  reset(live) {
    live.view += 1;
    live.tools.reset.hidden = true;
    draw(live);
    live.tools.png.focus();
  },
  table: (live) => showTable(live, live.table.hidden),
  async csv(live) {
    const { csv, originOf, pointsOf, save } = await takeAway(live.about.downloads);
    await drawn(live);
    const text = csv(pointsOf(live.plot, live.about), originOf(said(live)));
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

// What stands above and below the figure now, which in a preview is not what the server sent.
function said(live) {
  const [title, units] = [...live.heading.querySelectorAll("strong, span")].map((part) => part.textContent);
  const caption = live.caption.textContent;
  return { title, units, caption, alt: live.about.alt, source: live.about.source, isPreview: Boolean(live.preview) };
}

async function drawn(live) {
  await load(live.about.plotly);
  await draw(live);
}

// The plot as it stands, in its frame.
async function picture(live) {
  const { inFrame, originOf, plotted } = await takeAway(live.about.downloads);
  await drawn(live);
  const plot = await plotted(live.plot, live.plot.clientWidth, live.about.height);
  return inFrame(said(live), originOf(said(live)), plot, readPalette(live.plot));
}
