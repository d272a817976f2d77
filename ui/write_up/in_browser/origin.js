// Where a figure comes from: the lines that every download carries. Set in front of this file: MADE
// (the machine, the version of the app).

// [label, text] of each; `shown` is {title, units, caption, source, isPreview}.
export function originOf({ title, units, caption, source, isPreview }, link = location.href) {
  const lines = [
    ["title", [title, units].filter(Boolean).join(", ")],
    ["design", isPreview ? "a preview between points that were measured; the link shows the design before it"
      : source?.design],
    ["seed", source?.seed],
    ["about", caption],
    ["machine", MADE.machine],
    ["taken", taken(new Date())],
    ["made with", `Shortlist ${MADE.version}`],
    ["link", link],
  ];
  return lines.filter(([, text]) => text).map(([label, text]) => [label, text.replace(/\s+/g, " ")]);
}

function taken(at) {
  const two = (number) => String(number).padStart(2, "0");
  const offset = -at.getTimezoneOffset();
  const zone = `UTC${offset ? `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}` : ""}`;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())} ${zone}`;
}

// Lines of its origin behind a "#", then the columns. A text that a spreadsheet would take for a
// formula gets an apostrophe; numbers stay numbers.
export function csv(columns, origin) {
  const quoted = (value) => {
    if (value === null || value === undefined) return "";
    const text = typeof value === "number" ? String(value) : String(value).replace(/^[=+\-@\t\r]/, "'$&");
    return /[",#\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const lines = origin.map(([label, text]) => `# ${label}: ${text}`);
  lines.push(columns.map((column) => quoted(column.name)).join(","));
  for (let row = 0; row < (columns[0]?.values.length ?? 0); row++)
    lines.push(columns.map((column) => quoted(column.values[row])).join(","));
  return lines.join("\r\n") + "\r\n";
}

// The lines of its origin, in a PNG's text chunks.
export async function withOrigin(png, origin) {
  const bytes = new Uint8Array(await png.arrayBuffer());
  const head = 8 + 25; // the signature and the first chunk
  const chunks = origin.map(([label, text]) => textChunk(label, text));
  return new Blob([bytes.slice(0, head), ...chunks, bytes.slice(head)], { type: "image/png" });
}

// iTXt, since texts are UTF-8: keyword, no compression, no language.
function textChunk(label, text) {
  const encoder = new TextEncoder();
  const body = encoder.encode(`iTXt${label}\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc32(body));
  return chunk;
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}
