// Drawing on the stage. Every function takes a 2d context, or the recorder that writes SVG -------

const DUST = 0.15; // how dark one item of the catalogue is; where many lie it is darker
const SMALL = 2.4; // px of an item that was looked at
const MANY = 80; // more than so many circles take too long for a frame

// All items, as dust: written into pixels, since twenty thousand circles would take too long.
function drawGround(canvas, scene) {
  const context = brush(canvas, scene.ratio);
  const { width, height } = canvas;
  const size = scene.ratio > 1 ? 3 : 2;
  const hits = new Uint8Array(width * height);
  for (let item = 0; item < scene.x.length; item++) {
    const left = Math.round(scene.x[item] * scene.ratio - size / 2);
    const top = Math.round(scene.y[item] * scene.ratio - size / 2);
    if (left < 0 || top < 0 || left + size > width || top + size > height) continue;
    for (let row = top; row < top + size; row++)
      for (let at = row * width + left, end = at + size; at < end; at++)
        if (hits[at] < 255) hits[at] += 1;
  }
  const [red, green, blue] = channels(scene.palette.ink);
  const shades = Uint32Array.from({ length: 256 }, (_, n) => n &&
    ((Math.round(255 * 0.62 * (1 - (1 - DUST / 0.62) ** n)) << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) if (hits[at]) pixels[at] = shades[hits[at]];
  context.putImageData(image, 0, 0);
  drawRings(context, scene);
}

function drawRings(context, scene) {
  const { palette, rings } = scene;
  for (const { nearest, rx, ry } of rings) {
    context.lineWidth = 1;
    context.strokeStyle = palette.fill("var(--ink-22)");
    context.beginPath();
    context.ellipse(scene.w / 2, scene.h / 2, rx, ry, 0, 0, 2 * Math.PI);
    context.stroke();
  }
}

function nameRings(context, scene) {
  for (const { nearest, ry } of scene.rings)
    label(context, scene, `${count(nearest)} nearest`, scene.w / 2, scene.h / 2 - ry, { muted: true });
}

// Text with a halo of paper.
function label(context, { palette }, text, x, y, { muted, bold, align = "center", size = 12 } = {}) {
  context.font = `${bold ? 600 : 400} ${size}px ${palette.font}`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = palette.paper;
  context.strokeText(text, x, y);
  context.fillStyle = muted ? palette.muted : palette.ink;
  context.fillText(text, x, y);
}

// Filled squares; one by one, which a canvas does many times faster than as one path.
function squares(context, { x, y }, items, size) {
  const half = size / 2;
  for (const item of items) context.fillRect(x[item] - half, y[item] - half, size, size);
}

function circles(context, scene, items, radius) {
  context.beginPath();
  for (const item of items) {
    context.moveTo(scene.x[item] + radius, scene.y[item]);
    context.arc(scene.x[item], scene.y[item], radius, 0, 2 * Math.PI);
  }
}

function triangles(context, scene, items, size, up) {
  context.beginPath();
  for (const item of items) {
    const [x, y, s] = [scene.x[item], scene.y[item], up ? -size : size];
    context.moveTo(x, y + s);
    context.lineTo(x - size, y - s * 0.75);
    context.lineTo(x + size, y - s * 0.75);
    context.closePath();
  }
}

// Who was looked at from step `from` to step `to`, and the links that led on.
function drawTrail(context, scene, from, to) {
  const { film } = scene;
  context.fillStyle = MARKS.index;
  context.strokeStyle = MARKS.index;
  context.lineWidth = 1;
  for (let step = from; step <= to; step++) {
    context.globalAlpha = 0.6;
    squares(context, scene, part(film, "touched", step), SMALL);
    if (!film.levels || film.layer[step] > 0) continue;
    context.globalAlpha = 0.3;
    context.beginPath();
    for (const item of part(film, "expanded", step)) link(context, scene, film.parent[item], item, 1);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function link(context, { x, y }, from, to, share) {
  if (from < 0 || to < 0) return;
  context.moveTo(x[from], y[from]);
  context.lineTo(between(x[from], x[to], share), between(y[from], y[to], share));
}

// Who is kept at the end of the last whole step, the way down, and at the end the answer.
function drawMarks(context, scene, step) {
  const { film, palette } = scene;
  if (film.levels && film.layer[step] > 0) drawLayer(context, scene, film.layer[step]);
  const over = step === film.last;
  const kept = [...film.kept];
  const size = sizeOfKept(film);
  if (!over) {
    framed(context, scene, kept, size, MARKS.index);
  } else {
    const answer = new Set(film.answer);
    context.globalAlpha = 0.75;
    framed(context, scene, kept.filter((item) => !answer.has(item)), Math.min(size, 3.5), MARKS.index);
    context.globalAlpha = 1;
    framed(context, scene, film.answer, film.answer.length > 400 ? 3.5 : film.answer.length > 100 ? 5 : 7, MARKS.index, palette.ink);
    context.strokeStyle = MARKS.truth;
    context.lineWidth = film.missed.length > 60 ? 1.5 : 2;
    context.setLineDash([3, 2]);
    circles(context, scene, film.missed, film.missed.length > 60 ? 3.5 : 5.5);
    context.stroke();
    context.setLineDash([]);
  }
  if (film.refined > 0 && step >= film.refined) {
    for (const [items, up, colour] of [[film.risen, true, palette.ink], [film.fallen, false, MARKS.loss]]) {
      triangles(context, scene, items, 5.5, up);
      context.lineWidth = 3;
      context.strokeStyle = palette.paper;
      context.stroke();
      context.fillStyle = colour;
      context.fill();
    }
  }
  nameRings(context, scene);
  drawDescent(context, scene, step);
  drawQuery(context, scene);
}

const sizeOfKept = ({ kept }) => (kept.size > 3000 ? 2.5 : kept.size > 500 ? 3.5 : kept.size > 60 ? 5 : 7);

function framed(context, scene, items, size, colour, frame = null) {
  context.fillStyle = frame ?? scene.palette.paper;
  squares(context, scene, items, size + (frame ? 1.5 : 2));
  context.fillStyle = colour;
  squares(context, scene, items, size);
}

// The items that stand on a layer above the lowest.
function drawLayer(context, scene, layer) {
  const standing = [];
  scene.film.levels.forEach((level, item) => level >= layer && standing.push(item));
  circles(context, scene, standing, standing.length > 200 ? 2.5 : 4);
  context.fillStyle = scene.palette.paper;
  context.fill();
  context.lineWidth = 1.25;
  context.strokeStyle = scene.palette.fill("var(--ink-55)");
  context.stroke();
}

// The way through the upper layers to where the search of the lowest begins.
function drawDescent(context, scene, step) {
  const { film, palette } = scene;
  if (!film.levels) return;
  const way = [];
  for (let at = 0; at <= step && at < film.last; at++) {
    if (film.node[at] !== way.at(-1)) way.push(film.node[at]);
    if (film.layer[at] === 0) break;
  }
  context.lineWidth = 2.25;
  context.strokeStyle = palette.ink;
  context.beginPath();
  way.forEach((item, place) => place && link(context, scene, way[place - 1], item, 1));
  context.stroke();
  circles(context, scene, way, 3);
  context.fillStyle = palette.ink;
  context.fill();
}

function drawQuery(context, scene) {
  const [x, y] = scene.query;
  const size = 9;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.lineWidth = 4;
  context.strokeStyle = scene.palette.paper;
  context.stroke();
  context.fillStyle = scene.palette.ink;
  context.fill();
  const text = scene.outside ? "query (farther out)" : "query";
  const left = x > scene.w - 130;
  label(context, scene, text, x + (left ? -15 : 15), y, { bold: true, align: left ? "right" : "left", size: 13 });
}

// The step itself; `share` (0 to 1) of it has happened.
function drawStep(context, scene, step, share) {
  const { film } = scene;
  if (step === film.last || step === film.refined) return;
  const touched = part(film, "touched", step);
  if (film.levels) {
    drawHop(context, scene, step, touched, share);
    return;
  }
  if (film.cells && film.node[step] >= 0) drawCell(context, scene, step, touched, share);
  else drawLooked(context, scene, touched, share);
  framed(context, scene, film.kept, sizeOfKept(film), MARKS.index);
  drawQuery(context, scene);
}

function drawHop(context, scene, step, touched, share) {
  const { film, palette, x, y } = scene;
  const node = film.node[step];
  const before = step ? film.node[step - 1] : node;
  const arrive = Math.min(share / 0.4, 1);
  const reach = step ? Math.max(0, (share - 0.35) / 0.65) : share;
  context.strokeStyle = MARKS.index;
  context.lineWidth = 1.25;
  context.globalAlpha = 0.9;
  context.beginPath();
  const from = film.parents;
  const first = (step ? film.touched_ends[step - 1] : 0) - 1;
  touched.forEach((item, place) => step && link(context, scene, from[first + place], item, eased(reach)));
  context.stroke();
  context.globalAlpha = 1;
  if (reach > 0.75) {
    const entered = new Set(part(film, "entered", step));
    drawLooked(context, scene, touched.filter((item) => !entered.has(item)), 1);
    framed(context, scene, entered, 7, MARKS.index, palette.ink);
  }
  const t = eased(arrive);
  const [cx, cy] = [between(x[before], x[node], t), between(y[before], y[node], t)];
  context.beginPath();
  context.arc(cx, cy, 8, 0, 2 * Math.PI);
  context.lineWidth = 5;
  context.strokeStyle = palette.paper;
  context.stroke();
  context.lineWidth = 2.5;
  context.strokeStyle = palette.ink;
  context.stroke();
  if (arrive === 1) {
    const left = cx > scene.w * 0.7;
    label(context, scene, called(film, node), cx + (left ? -14 : 14), cy - 14, { align: left ? "right" : "left" });
  }
}

function drawLooked(context, scene, items, share) {
  if (items.length > MANY) {
    context.globalAlpha = share;
    framed(context, scene, items, 2, scene.palette.paper, MARKS.index);
    context.globalAlpha = 1;
    return;
  }
  circles(context, scene, items, 2.5);
  context.lineWidth = 1.25;
  context.fillStyle = scene.palette.paper;
  context.strokeStyle = MARKS.index;
  context.globalAlpha = share;
  context.fill();
  context.stroke();
  context.globalAlpha = 1;
}

// A cell: its outline where items lie by likeness, and its items.
function drawCell(context, scene, step, touched, share) {
  const { palette } = scene;
  const shown = eased(Math.min(1, 1.6 * share));
  if (!scene.rings.length && touched.length > 2) {
    const hull = outline(touched, scene);
    context.beginPath();
    hull.forEach(([x, y], corner) => (corner ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.globalAlpha = 0.1 * shown;
    context.fillStyle = MARKS.index;
    context.fill();
    context.globalAlpha = shown;
    context.lineWidth = 1.5;
    context.strokeStyle = palette.ink;
    context.stroke();
    context.globalAlpha = 1;
    const [x, y] = hull.reduce((a, b) => (b[1] < a[1] ? b : a));
    label(context, scene, `cell ${count(step)} of ${count(scene.about.probed)}`, x, Math.max(y - 10, 10), { bold: true });
  }
  drawLooked(context, scene, touched.subarray(0, Math.ceil(shown * touched.length)), 1);
}

// Convex hull of some items (Andrew's monotone chain).
function outline(items, { x, y }) {
  const points = [...items].map((item) => [x[item], y[item]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turns = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0;
  const half = (sorted) => {
    const chain = [];
    for (const next of sorted) {
      while (chain.length > 1 && !turns(chain.at(-2), chain.at(-1), next)) chain.pop();
      chain.push(next);
    }
    return chain.slice(0, -1);
  };
  return [...half(points), ...half(points.reverse())];
}

