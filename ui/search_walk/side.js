// Beside the stage: counts, where in the structure the search is, distance by step, the legend ----

const CHART_PX = 165; // at least

function fillCounts(live, step) {
  const { film, about } = live;
  const { column } = film;
  const looked = film.looked[step];
  const share = (100 * looked) / about.n;
  const rows = {
    [about.coded ? "codes scanned" : "items looked at"]:
      [count(looked), `${share >= 10 ? share.toFixed(0) : Number(share.toPrecision(2))}% of ${count(about.n)}`],
    "distances computed": [count(column.computed[step]), ""],
    [step === film.last ? "in the answer" : step === film.refined ? "best after it" : "best kept"]:
      [count(column.kept[step] ?? 0),
        step === film.last || step === film.refined ? "" : `of ${count(about.places)}`],
  };
  if (step === film.last)
    rows["of the nearest found"] = [`${(100 * (1 - film.missed.length / about.k)).toFixed(1)}%`, ""];
  else rows["step"] = [count(step), `of ${count(film.last)}`];
  live.counts = rows;
  const list = live.find("counts");
  list.replaceChildren(...Object.entries(rows).map(([name, [value, of]]) => {
    const box = document.createElement("div");
    const [term, figure, rest] = ["dt", "dd", "small"].map((tag) => document.createElement(tag));
    term.textContent = name;
    figure.textContent = `${value} `;
    rest.textContent = of;
    figure.append(rest);
    box.append(term, figure);
    return box;
  }));
}

function drawSide(live, step) {
  const { place, chart, scene } = live;
  const w = place.clientWidth;
  if (!w) return;
  const size = `${w}/${scene.h}/${scene.palette.name}/${live.header.length}`;
  const [high, low] = sideHeights(live);
  if (live.sideDrawn !== size) {
    live.sideDrawn = size;
    for (const [canvas, height] of [[place, high], [chart, low]]) {
      canvas.style.height = `${height}px`;
      fit(canvas, w, height);
    }
  }
  for (const [canvas, height, draw] of [[place, high, drawPlace], [chart, low, drawChart]]) {
    const context = brush(canvas, scene.ratio);
    context.clearRect(0, 0, w, height);
    draw(context, scene, step, w, height);
  }
}

// Of the drawing of the structure, and of the chart, which takes what is left.
function sideHeights({ root, scene, about, find }) {
  const narrow = root.hasAttribute("data-narrow");
  const free = narrow ? 210 + CHART_PX : scene.h - find("counts").offsetHeight - 24;
  const wanted = about.layers ? 56 * about.layers.length + 20 : about.kind === "ivf" ? 150 : 44;
  const high = Math.max(44, Math.min(wanted, free - CHART_PX));
  return [high, narrow ? CHART_PX : Math.max(CHART_PX, Math.min(free - high, 300))];
}

function drawPlace(context, scene, step, w, h) {
  if (scene.film.levels) drawPlanes(context, scene, step, w, h);
  else if (scene.film.cells) drawCells(context, scene, step, w, h);
  else drawScan(context, scene, step, w, h);
}

// The layers as sheets above one another, laid out as the stage is, with the way taken through them.
function drawPlanes(context, scene, step, w, h) {
  const { film, palette, about } = scene;
  const { layers } = about;
  const now = film.layer[step];
  const gap = h / layers.length;
  const tall = Math.min(gap * 0.66, 40);
  const lean = Math.min(34, tall);
  const width = w - lean - 92;
  const foot = (layer) => h - 4 - layer * gap;
  const at = (item, layer) => {
    const [u, v] = [scene.x[item] / scene.w, 1 - scene.y[item] / scene.h];
    return [u * width + v * lean, foot(layer) - v * tall];
  };
  const dots = (items, layer, size) => {
    for (const item of items) {
      const [x, y] = at(item, layer);
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
  };
  film.sheets ??= layers.map((_, layer) => thinned(film, layer));
  for (let layer = 0; layer < layers.length; layer++) {
    const y = foot(layer);
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.lineTo(width + lean, y - tall);
    context.lineTo(lean, y - tall);
    context.closePath();
    context.fillStyle = palette.fill(`var(--ink-${layer === now ? 7 : 3})`);
    context.fill();
    context.lineWidth = layer === now ? 1.75 : 1;
    context.strokeStyle = palette.fill(`var(--ink-${layer === now ? 90 : 25})`);
    context.stroke();
    context.fillStyle = palette.fill("var(--ink-45)");
    dots(film.sheets[layer], layer, layers[layer] > 300 ? 1 : 2);
    const text = { align: "left", muted: layer !== now };
    label(context, scene, `layer ${layer}`, w - 84, y - tall / 2 - 7, { ...text, bold: layer === now });
    label(context, scene, `${count(layers[layer])} item${layers[layer] > 1 ? "s" : ""}`, w - 84, y - tall / 2 + 8, text);
  }
  drawWay(context, scene, step, at, dots);
}

// Up to 500 of a layer's items: enough to see how dense it is.
function thinned(film, layer) {
  const standing = [];
  film.levels.forEach((level, item) => level >= layer && standing.push(item));
  const every = Math.ceil(standing.length / 500);
  return standing.filter((_, place) => place % every === 0);
}

function drawWay(context, scene, step, at, dots) {
  const { film, palette } = scene;
  const nodes = [];
  for (let now = 0; now <= Math.min(step, film.last - 1); now++)
    for (const item of now ? part(film, "expanded", now) : [film.node[0]]) nodes.push([item, film.layer[now]]);
  const lowest = nodes.filter(([, layer]) => layer === 0).map(([item]) => item);
  context.fillStyle = MARKS.index;
  dots(lowest, 0, 3);
  const way = nodes.slice(0, nodes.length - Math.max(lowest.length - 1, 0));
  context.beginPath();
  way.forEach(([item, layer], place) => context[place ? "lineTo" : "moveTo"](...at(item, layer)));
  context.lineWidth = 2;
  context.strokeStyle = palette.ink;
  context.stroke();
  if (step === film.last) return;
  const [x, y] = at(...nodes.at(-1));
  context.beginPath();
  context.arc(x, y, 4.5, 0, 2 * Math.PI);
  context.fillStyle = palette.paper;
  context.fill();
  context.stroke();
}

// Cells as columns, in the order of their centroids' scores: those searched are filled.
function drawCells(context, scene, step, w, h) {
  const { film, palette, about } = scene;
  const sizes = (film.sizes ??= film.cells.reduce((all, cell) => ((all[cell] += 1), all),
    new Uint32Array(film.cell_order.length)));
  const most = Math.max(...sizes);
  const [top, foot] = [20, h - 20];
  const wide = w / sizes.length;
  const done = Math.min(step, about.probed);
  label(context, scene, "cells, best centroid first; height: items in it", 0, 8, { align: "left", muted: true });
  film.cell_order.forEach((cell, place) => {
    const high = Math.max(1, ((foot - top) * sizes[cell]) / most);
    const box = [place * wide + wide * 0.1, foot - high, Math.max(wide * 0.8, 0.75), high];
    context.fillStyle = place < done ? MARKS.index : palette.fill("var(--ink-14)");
    context.fillRect(...box);
    if (place === step - 1 && step <= about.probed) {
      context.lineWidth = 2;
      context.strokeStyle = palette.ink;
      context.strokeRect(...box);
    }
  });
  const cut = about.probed * wide;
  context.beginPath();
  context.moveTo(Math.min(cut, w - 1), top - 4);
  context.lineTo(Math.min(cut, w - 1), foot + 4);
  context.setLineDash([4, 3]);
  context.lineWidth = 1.5;
  context.strokeStyle = palette.ink;
  context.stroke();
  context.setLineDash([]);
  const left = cut > w / 2;
  label(context, scene, `nprobe ${count(about.probed)}`, cut + (left ? -4 : 4), h - 7, { align: left ? "right" : "left" });
}

function drawScan(context, scene, step, w) {
  const { film, palette, about } = scene;
  context.fillStyle = palette.fill("var(--ink-14)");
  context.fillRect(0, 22, w, 16);
  context.fillStyle = MARKS.index;
  context.fillRect(0, 22, (w * film.column.computed[step]) / about.n, 16);
  label(context, scene, "items in the order of memory", 0, 10, { align: "left", muted: true });
}

// Distances of the best, of the worst kept, and of each item expanded.
function drawChart(context, scene, step, w, h) {
  const { film, palette } = scene;
  const { best, worst, distance } = film.column;
  const all = [best, worst, distance ?? []].flat().filter((value) => value !== null && value !== undefined);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const [top, foot, right] = [26, h - 20, w - 2];
  const x = (at) => 2 + ((right - 2) * at) / film.last;
  const y = (value) => (high > low ? top + ((foot - top) * (high - value)) / (high - low) : foot);
  label(context, scene, "distance to the query, by step", 0, 8, { align: "left", muted: true });
  context.lineWidth = 1;
  context.strokeStyle = palette.fill("var(--ink-22)");
  context.beginPath();
  context.moveTo(0, foot + 5);
  context.lineTo(w, foot + 5);
  context.stroke();
  if (distance) {
    context.fillStyle = palette.fill("var(--ink-40)");
    distance.forEach((value, at) =>
      value != null && at <= step && context.fillRect(x(at) - 1, y(value) - 1, 2, 2));
  }
  for (const [values, colour, dash] of [[worst, MARKS.index, [6, 3]], [best, palette.ink, []]])
    for (const [until, alpha] of [[film.last, 0.3], [step, 1]]) {
      context.globalAlpha = alpha;
      context.lineWidth = 2;
      context.strokeStyle = colour;
      context.setLineDash(dash);
      context.beginPath();
      let begun = false;
      for (let at = 0; at <= until; at++) {
        if (values[at] == null) continue;
        context[begun ? "lineTo" : "moveTo"](x(at), y(values[at]));
        begun = true;
      }
      context.stroke();
    }
  context.globalAlpha = 1;
  context.setLineDash([]);
  drawHere(context, scene, x(step), best[step] == null ? null : y(best[step]), top - 6, foot + 5);
  if (film.refined > 0) {
    const at = x(film.refined - 0.5);
    label(context, scene, "by codes ", at, top - 2, { align: "right", muted: true });
  }
  const end = best.findLastIndex((value) => value != null);
  const [over, under] = [y(worst[end]) - 9, y(best[end]) - 9];
  label(context, scene, "worst kept", right - 8, Math.min(over, under - 14), { align: "right" });
  label(context, scene, "best", right - 8, under, { align: "right" });
  label(context, scene, "0", 0, h - 6, { align: "left", muted: true });
  label(context, scene, `${count(film.last)} steps`, w, h - 6, { align: "right", muted: true });
}

// "You are here": a line down to the axis, and the diamond on the best distance so far.
function drawHere(context, { palette }, x, y, top, foot) {
  context.lineWidth = 1;
  context.strokeStyle = palette.ink;
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x, foot);
  context.stroke();
  if (y === null) return;
  context.beginPath();
  for (const [dx, dy] of [[0, -5], [5, 0], [0, 5], [-5, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
  context.lineWidth = 3;
  context.strokeStyle = palette.paper;
  context.stroke();
  context.fillStyle = palette.ink;
  context.fill();
}

// Marks and their meaning, as SVG of the same shapes.
function legendOf({ about, film }) {
  const square = (size, extra = "") =>
    `<rect x="${8 - size / 2}" y="${8 - size / 2}" width="${size}" height="${size}" fill="${MARKS.index}" ${extra}/>`;
  const ring = `<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2.25"/>`;
  const looked = square(3.5, 'opacity=".7"');
  const rows = [
    [`<path d="M8 1l7 7-7 7-7-7z" fill="currentColor"/>`, "the query"],
    [`<circle cx="8" cy="8" r="1.6" fill="currentColor" opacity=".35"/>`, "an item"],
  ];
  if (film.levels)
    rows.push([ring, "the item whose neighbours are looked at"],
      [`<path d="M1 13L8 5l7 3" fill="none" stroke="currentColor" stroke-width="2.25"/>`, "the way down the layers"]);
  rows.push([looked, about.coded ? "scanned by its code" : "looked at"],
    [square(7), `kept: among the best ${count(about.places)} so far`],
    [square(8, 'stroke="currentColor" stroke-width="1.5"'), "in the answer"]);
  if (film.risen?.length)
    rows.push([`<path d="M8 2l6 11H2z" fill="currentColor"/>`, "raised by the exact scores"],
      [`<path d="M8 14L2 3h12z" fill="${MARKS.loss}"/>`, "dropped by the exact scores"]);
  if (film.missed.length)
    rows.push([`<circle cx="8" cy="8" r="5.5" fill="none" stroke="${MARKS.truth}" stroke-width="2" stroke-dasharray="3 2"/>`,
      `missed: among the ${count(about.k)} nearest, not found`]);
  return rows;
}

function fillLegend(live) {
  live.find("legend").innerHTML = legendOf(live).map(([shape, text]) =>
    `<li><svg viewBox="0 0 16 16" aria-hidden="true">${shape}</svg>${escaped(text)}</li>`).join("");
}

