// What was received, and who is touched and kept at a step of it ------------------------------

const TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i4: Int32Array, f4: Float32Array };
const decoder = new TextDecoder();

// The header's text and the arrays that follow it.
function unpack(data) {
  const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
  const cut = bytes.indexOf(10);
  const arrays = (about) =>
    Object.fromEntries(Object.entries(about.arrays).map(([name, [type, offset, length]]) => {
      const from = cut + 1 + offset;
      const end = from + length * TYPES[type].BYTES_PER_ELEMENT;
      return [name, new TYPES[type](bytes.slice(from, end).buffer)];
    }));
  return { header: decoder.decode(bytes.subarray(0, cut)), arrays };
}

function openFilm(about, arrays) {
  const film = {
    ...arrays, about, last: about.texts.length - 1, at: -1,
    seen: new Int32Array(about.n).fill(-1), // the step at which an item was first looked at
    parent: new Int32Array(about.n).fill(-1), // whose link led to it
    kept: new Set(),
    column: Object.fromEntries(about.table.map(({ key, values }) => [key, values])),
  };
  for (let step = 0; step <= film.last; step++) {
    const touched = part(film, "touched", step);
    const from = step ? film.touched_ends[step - 1] : 0;
    touched.forEach((item, place) => {
      if (film.seen[item] >= 0) return;
      film.seen[item] = step;
      // The first item has no parent, so that parents begin one later.
      if (film.levels && step) film.parent[item] = film.parents[from + place - 1];
    });
  }
  film.looked = new Uint32Array(film.last + 1); // items looked at, by step
  for (const step of film.seen) if (step >= 0) film.looked[step] += 1;
  for (let step = 1; step <= film.last; step++) film.looked[step] += film.looked[step - 1];
  film.refined = about.table.find(({ key }) => key === "what").values.indexOf("refine");
  goTo(film, 0);
  return film;
}

// The items that a step names under `expanded`, `touched`, `entered` or `evicted`.
function part(film, name, step) {
  const ends = film[`${name}_ends`];
  return film[name].subarray(step ? ends[step - 1] : 0, ends[step]);
}

// Let who is kept be who is kept after `step`.
function goTo(film, step) {
  while (film.at < step) {
    film.at += 1;
    for (const item of part(film, "evicted", film.at)) film.kept.delete(item);
    for (const item of part(film, "entered", film.at)) film.kept.add(item);
  }
  while (film.at > step) {
    for (const item of part(film, "entered", film.at)) film.kept.delete(item);
    for (const item of part(film, "evicted", film.at)) film.kept.add(item);
    film.at -= 1;
  }
}

const called = (film, item) => film.about.names[item] ?? `item ${count(item)}`;
const count = (number) => number.toLocaleString("en");

