// The table behind a figure, and what a download is made of: CSV, text of a picture, its font, PNG.
// A figure is {about: {title, alt, filename, table}, plot, table, tools}.

const TABLE_ROWS = 200; // shown; the CSV holds all
const PNG_SCALE = 2;
const EDGE = 16; // px around an exported picture

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
