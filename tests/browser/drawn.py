"""What Plotly has drawn: a moved chart against the same figure drawn as a whole."""

from __future__ import annotations

from playwright.sync_api import Page

# Texts are alike whose words are the same and whose numbers lie within a pixel and a half, or one
# in 10,000. Ticks are held against those of the same words: ones that joined on the way, where a
# range came to hold finer steps, stand last in the document. Left out of the points: what leads in
# a circle, pixels, and what legends keep there.
_DIFFERENCES = r"""async key => {
    const { plot, moving } = window.__liveFigures.get(key);
    await moving;
    const number = /-?\d+(\.\d+)?(e-?\d+)?/g;
    const alike = (now, whole, pixel) => {
        if (now.replace(number, '#') !== whole.replace(number, '#')) return false;
        const [mine, theirs] = [now, whole].map(text => (text.match(number) ?? []).map(Number));
        return mine.every((x, i) => Math.abs(x - theirs[i]) <= pixel + 1e-4 * Math.abs(theirs[i]));
    };
    const words = (one, other) => one.textContent.localeCompare(other.textContent);
    const marks = () => [
        ...plot.querySelectorAll('.plot path, .plot text, .errorbar path'),
        ...[...plot.querySelectorAll('.xaxislayer-above text')].sort(words),
        ...[...plot.querySelectorAll('.yaxislayer-above text')].sort(words),
    ].map(mark => ['d', 'transform', 'x', 'y', 'style'].map(name => mark.getAttribute(name))
        .concat(mark.textContent).join(' '));
    const other = /^(trace|node3|transform|_.*|lineHeight|height|width)$/;
    const points = () => plot.calcdata.flatMap(trace => trace.map(point =>
        JSON.stringify(point, (name, value) => other.test(name) ? undefined : value)));
    const now = [marks(), points()];
    if (now[0].length < 4) return [`only ${now[0].length} marks`];
    await Plotly.react(plot, structuredClone(plot.data), structuredClone(plot.layout));
    return [marks(), points()].flatMap((all, kind) => all.length !== now[kind].length
        ? [`${now[kind].length} instead of ${all.length}`]
        : all.flatMap((whole, i) => alike(now[kind][i], whole, kind ? 0 : 1.5)
            ? [] : [`${now[kind][i]} instead of ${whole}`]));
}"""


def unlike_a_whole_drawing(page: Page, key: str) -> list[str]:
    """What of a live figure's marks, and of what Plotly knows of its points, a drawing changes."""
    differences: list[str] = page.evaluate(_DIFFERENCES, key)
    return differences
