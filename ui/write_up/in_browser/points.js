// The points of a figure as columns: what Plotly has drawn, trace by trace, a row a point.

// [{name, values}]; `about` names axes that have no title: {units, table}.
export function pointsOf(plot, about) {
  const columns = new Map([["series", []]]);
  let rows = 0;
  const put = (name, value) => {
    if (!columns.has(name)) columns.set(name, []);
    columns.get(name)[rows] = value;
  };
  plot._fullData.forEach((trace, place) => {
    if (trace.visible !== true) return;
    const names = { x: axisName(plot, trace, "x", about), y: axisName(plot, trace, "y", about) };
    if (names.x === names.y) names.y = `${names.y} (y)`;
    for (const point of drawnPoints(trace)) {
      put("series", unmarked(trace._input.name ?? "") || `series ${place + 1}`);
      for (const [letter, value] of Object.entries(point.at)) {
        put(names[letter], value);
        const read = asRead(plot, trace, letter, value);
        if (read !== undefined) put(`${names[letter]}, as read`, read);
      }
      for (const [what, value] of Object.entries(point.more))
        put(what.replace(/^[xy](?= )/, (letter) => names[letter]), value);
      rows += 1;
    }
  });
  return [...columns].map(([name, values]) =>
    ({ name, values: Array.from({ length: rows }, (_, row) => values[row] ?? null) }));
}

// {at: coordinates, more: its errors, base and text}.
function* drawnPoints(trace) {
  const [x, y] = [trace.x ?? [], trace.y ?? []];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const at = { x: x[i] ?? (trace.x ? null : i), y: y[i] ?? (trace.y ? null : i) };
    if (isGap(at.x) || isGap(at.y)) continue; // nothing is drawn there
    yield { at, more: { ...baseOf(trace, i), ...errorsOf(trace, i), ...labelOf(trace, i) } };
  }
}

const isGap = (value) => value === null || value === undefined || Number.isNaN(value);
const of = (values, i) => (ArrayBuffer.isView(values) || Array.isArray(values) ? values[i] : values);

function baseOf({ type, base, orientation }, i) {
  const value = type === "bar" ? of(base, i) : undefined;
  return value === undefined || value === null ? {} : { [`${orientation === "h" ? "x" : "y"} from`]: value };
}

function errorsOf(trace, i) {
  const found = {};
  for (const letter of ["x", "y"]) {
    const error = trace[`error_${letter}`];
    if (!error?.visible) continue;
    const up = error.array ? of(error.array, i) : error.value;
    const down = error.symmetric === false ? of(error.arrayminus ?? error.valueminus, i) : up;
    if (!isGap(up)) found[`${letter} error up`] = up;
    if (!isGap(down)) found[`${letter} error down`] = down;
  }
  return found;
}

function labelOf(trace, i) {
  const written = trace.type === "bar" ? trace.textposition !== "none" : trace.mode?.includes("text");
  const text = written ? of(trace.text, i) : "";
  return text === "" || isGap(text) ? {} : { label: unmarked(String(text)) };
}

// The name of a trace's axis with its unit; one that shares its scale with another has that one's.
function axisName(plot, trace, letter, { units, table }) {
  const key = (trace[`${letter}axis`] ?? letter).replace(letter, `${letter}axis`);
  const { layout, _fullLayout: full } = plot;
  const names = layout.meta?.axes ?? {};
  if (names[key]) return names[key];
  const title = (one) => unmarked(layout[one]?.title?.text ?? "");
  const alike = Object.keys(layout).filter((one) => one.startsWith(`${letter}axis`) &&
    (layout[one].matches === key.replace("axis", "") || layout[key]?.matches === one.replace("axis", "")));
  const named = [key, ...alike].map(title).find(Boolean);
  if (named) return named;
  if (full[key]?.type === "category") return table?.[0]?.name ?? letter;
  return units || letter;
}

// What the axis says at a value that is not that value: a name, or what a logit stands for.
function asRead(plot, trace, letter, value) {
  const key = (trace[`${letter}axis`] ?? letter).replace(letter, `${letter}axis`);
  const { tickvals, ticktext } = plot.layout[key] ?? {};
  if (!tickvals?.length || !ticktext?.length || typeof value !== "number") return undefined;
  const read = ticktext[tickvals.indexOf(value)];
  if (isLogit(tickvals, ticktext)) return Number(read ?? 1 / (1 + 10 ** -value));
  return read === undefined || isNumber(read) ? undefined : unmarked(String(read));
}

const isNumber = (text) => Number.isFinite(Number(String(text).replace(/[,\u2009\s]/g, "")));

const isLogit = (places, texts) => texts.every((text, i) => text > 0 &&
  (Number(text) === 1 || Math.abs(Math.log10(text / (1 - text)) - places[i]) < 1e-6));

// A text of Plotly's without its marks.
const unmarked = (text) => text.replace(/<br\s*\/?>/gi, " ")
  .replace(/<\/?(?:b|i|em|s|u|sub|sup|span|a)(?:\s[^>]*)?>/gi, "").trim();
