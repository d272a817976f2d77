// The charts of a document, drawn by the component that draws them on the page: drawing.py sets its
// files in front of this one, and takes what is left in #pictures.

const byId = (id) => document.getElementById(id);

// points : of a PNG, a px; 0 for none.
async function drawAll({ charts, points }) {
  const drawn = {};
  for (const { key, width, header, figure } of charts) {
    const element = byId("frame").content.firstElementChild.cloneNode(true);
    element.style.width = `${width}px`;
    document.body.append(element);
    const live = mount(element);
    receive(live, `${JSON.stringify(header)}\n${figure}`);
    await load(header.plotly);
    draw(live);
    const svg = await plotAlone(live.plot, width, header.height);
    drawn[key] = { svg, width, height: header.height };
    if (points) drawn[key].png = await asPng(drawn[key], readPalette(live.plot).paper, points);
    unmount(live, element);
    element.remove();
  }
  return drawn;
}

async function plotAlone(plot, width, height) {
  if ("failed" in plot.dataset) throw new Error("Plotly refused a figure");
  const svg = await Plotly.toImage(plot, { format: "svg", width, height, imageDataOnly: true });
  return svg.replace(/^[^<]*(?:<\?.*?\?>)?/, "");
}

// On the theme's background, and with the font, since a picture cannot reach the page's.
async function asPng({ svg, width, height }, paper, points) {
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<style>${byId("face").textContent}</style>` +
    `<rect width="100%" height="100%" fill="${paper}"/>${svg}</svg>`;
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([whole], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * points), Math.round(height * points)];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return canvas.toDataURL("image/png");
}

drawAll(JSON.parse(byId("charts").textContent)).then(
  (drawn) => (byId("pictures").textContent = JSON.stringify(drawn)),
  (error) => (byId("pictures").textContent = JSON.stringify({ "": String(error) })),
);
