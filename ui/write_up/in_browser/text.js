// Texts of a picture, and files.

export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A text in lines of at most that width; `between` says where one may end.
export function wrapped(text, size, width, font, weight = 600, between = /(?<= )/) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${weight} ${size}px ${font}`;
  const lines = [];
  for (const word of text.split(between)) {
    const longer = `${lines.at(-1) ?? ""}${word}`;
    if (lines.length && context.measureText(longer).width <= width) lines.push(lines.pop() + word);
    else if (word.trim()) lines.push(word);
  }
  return lines;
}

export const escaped = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
