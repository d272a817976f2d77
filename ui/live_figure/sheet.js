// The table behind a figure, which is {about: {title, alt, table}, plot, table, tools}, and the
// script that makes downloads, loaded with the first one.

const TABLE_ROWS = 200; // shown; the page as HTML holds all

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
  rest.textContent = shown ? `${rows - TABLE_ROWS} more rows: the page as HTML has all.` : "";
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

const takeAway = (path) =>
  (window.__takeAway ??= import(new URL(path, location.href).href).catch((error) => {
    window.__takeAway = undefined; // the next download tries again
    throw error;
  }));

const escaped = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
