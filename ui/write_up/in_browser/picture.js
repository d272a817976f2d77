// A figure as a picture of its own.

export const EDGE = 16; // px around a picture
const PNG_SCALE = 2;
const CAPTION_PX = 13, ORIGIN_PX = 11.5;
const MOST_LINK_LINES = 6;

// The design, the seed and all that is not said above the foot of a picture, as lines of it.
function originLines(origin, width, font) {
  const told = Object.fromEntries(origin);
  const said = [told.design, told.seed && `seed ${told.seed}`, told.machine, told.taken, told["made with"]];
  const lines = wrapped(said.filter(Boolean).join(" · "), ORIGIN_PX, width, font, 400);
  const link = wrapped(told.link, ORIGIN_PX, width, font, 400, /(?<=[&?/=~,._-])|(?<=.{24})/);
  if (link.length > MOST_LINK_LINES) link.splice(MOST_LINK_LINES - 1, Infinity, "… whole in this file's metadata");
  return [...lines, ...link];
}

// A drawing between its heading and its foot, on the theme's own background: {svg, width, height}.
// The font goes into the file, since a picture cannot reach the page's.
export async function inFrame({ title, units, caption, alt }, origin, drawing, palette) {
  const { svg: plot, width, height } = drawing;
  const { font } = palette;
  const head = wrapped(`${title}  ${units}`.trim(), 17, width, font);
  const foot = wrapped(caption, CAPTION_PX, width, font, 400);
  const lines = originLines(origin, width, font);
  const top = EDGE + head.length * 24;
  const footTop = top + height + 16;
  const linesTop = footTop + foot.length * 18 + 2;
  const total = { width: width + 2 * EDGE, height: Math.ceil(linesTop + lines.length * 16 + EDGE - 8) };
  const text = (line, y, size, style = "") =>
    `<text x="${EDGE}" y="${y}" font-size="${size}" ${style}>${line}</text>`;
  const bold = (line, row) => (row || !title || !line.startsWith(title) ? escaped(line)
    : `<tspan font-weight="600" fill="${palette.ink}">${escaped(title)}</tspan>` +
      `<tspan xml:space="preserve">${escaped(line.slice(title.length))}</tspan>`);
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `,
    `width="${total.width}" height="${total.height}" font-family="${escaped(font)}" `,
    `fill="${palette.muted}"><title>${escaped(alt)}</title>${described(origin)}`,
    `<style>${await fontFace(font)}</style>`,
    `<rect width="100%" height="100%" fill="${palette.paper}"/>`,
    ...head.map((line, i) => text(bold(line, i), EDGE + 16 + i * 24, 17)),
    `<g transform="translate(${EDGE},${top})">${plot}</g>`,
    ...foot.map((line, i) => text(escaped(line), footTop + i * 18, CAPTION_PX)),
    ...lines.map((line, i) => text(escaped(line), linesTop + i * 16, ORIGIN_PX, 'opacity="0.85"')),
    "</svg>",
  ].join("");
  return { svg, ...total };
}

// For people and for programs: <desc> and <metadata>.
function described(origin) {
  const lines = escaped(origin.map(([label, text]) => `${label}: ${text}`).join("\n"));
  return `<desc>${lines}</desc><metadata>${escaped(JSON.stringify(Object.fromEntries(origin)))}</metadata>`;
}

// A figure that Plotly has drawn, as SVG without a frame.
export async function plotted(plot, width, height) {
  const svg = await Plotly.toImage(plot, { format: "svg", width, height, imageDataOnly: true });
  return { svg: svg.replace(/^[^<]*(?:<\?.*?\?>)?/, ""), width, height };
}

// A picture as PNG. A canvas takes no HTML from a Blob's address, so that it goes into the address.
export async function rasterised({ svg, width, height }, scale = PNG_SCALE, holdsHtml = false) {
  const url = holdsHtml ? `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
    : URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!png) throw new Error("the picture is larger than this browser can make");
  return png;
}

// The upright face of the page's font as a data address, read once from Streamlit's own files.
const faces = new Map();

export function fontFace(font) {
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
