
// What the buttons do: table, CSV, SVG, PNG, all without the server ---------------------------

const TABLE_ROWS = 200; // shown; the CSV holds all
const PNG_SCALE = 2;
const EDGE = 16; // px around an exported picture

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

function showTable(live, open) {
  if (open) fillTable(live);
  live.table.hidden = !open;
  live.plot.toggleAttribute("data-covered", open);
  live.tools.table.setAttribute("aria-pressed", String(open));
}

function fillTable(live) {
  const columns = live.about.table;
  const rows = columns[0]?.values.length ?? 0;
  const cell = (tag, text, numeric, scope) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (numeric) made.dataset.numeric = "";
    if (scope) made.scope = scope;
    return made;
  };
  const table = document.createElement("table");
  const shown = rows > TABLE_ROWS ? `, the first ${TABLE_ROWS} of ${rows} rows` : "";
  table.createCaption().textContent = `${live.about.title || live.about.alt}${shown}`;
  table.createTHead().insertRow()
    .append(...columns.map((column) => cell("th", column.name, column.numeric, "col")));
  const body = table.createTBody();
  const write = columns.map(writer);
  for (let row = 0; row < Math.min(rows, TABLE_ROWS); row++)
    body.insertRow().append(...columns.map(({ values, numeric }, i) =>
      cell(i ? "td" : "th", write[i](values[row]), numeric, i ? "" : "row")));
  const rest = document.createElement("p");
  rest.textContent = shown ? `${rows - TABLE_ROWS} more rows in the CSV.` : "";
  const { scrollTop, scrollLeft } = live.table;
  live.table.replaceChildren(table, rest);
  live.table.scrollTo(scrollLeft, scrollTop);
}

// How a column's cells are written: numbers to four digits, as many decimals in every row.
function writer({ values, numeric }) {
  if (!numeric) return (value) => (value === null ? "–" : String(value));
  const shown = values.slice(0, TABLE_ROWS).filter((value) => typeof value === "number");
  const decimals = (value) => (Number(value.toPrecision(4)).toFixed(8).match(/\.(\d*?)0*$/)[1].length);
  const digits = Math.max(0, ...shown.map(decimals));
  const format = new Intl.NumberFormat("en", {
    minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => value === null ? "–" : typeof value !== "number" ? value
    : format.format(value).replace(/,/g, "\u2009").replace("-", "−");
}

function csv(columns) {
  const quoted = (value) => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const lines = [columns.map((column) => quoted(column.name)).join(",")];
  for (let row = 0; row < (columns[0]?.values.length ?? 0); row++)
    lines.push(columns.map((column) => quoted(column.values[row])).join(","));
  return lines.join("\r\n") + "\r\n";
}

function save(live, extension, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${live.about.filename}.${extension}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

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

function wrapped(text, size, width, font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `600 ${size}px ${font}`;
  const lines = [];
  for (const word of text.split(/(?<= )/)) {
    const longer = `${lines.at(-1) ?? ""}${word}`;
    if (lines.length && context.measureText(longer).width <= width) lines.push(lines.pop() + word);
    else if (word.trim()) lines.push(word);
  }
  return lines;
}

const escaped = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

async function rasterised({ svg, width, height }) {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// The upright face of the page's font as a data address, read once from Streamlit's own files.
const faces = new Map();

function fontFace(font) {
  const family = font.split(",")[0].replace(/["']/g, "").trim();
  if (!faces.has(family)) faces.set(family, readFace(family).catch(() => ""));
  return faces.get(family);
}

async function readFace(family) {
  for (const sheet of document.styleSheets) {
    if (sheet.href && new URL(sheet.href).origin !== location.origin) continue;
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule) || rule.style.fontStyle === "italic") continue;
      if (rule.style.fontFamily.replace(/["']/g, "") !== family) continue;
      const file = rule.style.src.match(/url\(["']?([^"')]+)/)?.[1] ?? "";
      const blob = await (await fetch(new URL(file, sheet.href ?? location.href))).blob();
      const address = await new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(blob);
      });
      return `@font-face{font-family:"${family}";font-weight:100 900;src:url(${address})}`;
    }
  }
  return "";
}
