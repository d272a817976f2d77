// The viewer's colours, read from Streamlit's CSS variables. __init__.py sets THEME (the Plotly
// template, the shades of ink) in front of this file.

const COLOUR = /var\(--(ink|muted|grid|paper)(?:-(\d+))?\)/g;
const palettes = new Map(); // one per theme, so that Plotly sees the same template object again

function readPalette(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const name = [read("text-color"), read("background-color"), read("font")].join("|");
  if (!palettes.has(name)) palettes.set(name, makePalette(name));
  return palettes.get(name);
}

function makePalette(name) {
  const [text, background, font] = name.split("|");
  const [ink, paper] = [channels(text), channels(background)];
  const shades = THEME.shades[luminance(ink) > luminance(paper) ? "dark" : "light"];
  const mix = (percent) =>
    `rgb(${ink.map((c, i) => Math.round(paper[i] + ((c - paper[i]) * percent) / 100)).join(",")})`;
  const fill = (json) => json.replace(COLOUR, (_, shade, percent) => mix(percent ?? shades[shade]));
  const template = JSON.parse(fill(JSON.stringify(THEME.template)));
  template.layout.font.family = template.layout.hoverlabel.font.family = font;
  return { name, fill, template, font, paper: mix(0), ink: mix(100), muted: mix(shades.muted) };
}

// Any CSS colour as [red, green, blue].
function channels(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

const luminance = ([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;
