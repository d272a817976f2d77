// What is off screen waits for a moment in which the page has nothing else to do.

const NEAR_PX = 200; // how far off screen a figure is kept up to date

const later = (call) =>
  window.requestIdleCallback ? requestIdleCallback(call, { timeout: 1000 }) : setTimeout(call, 200);

function cancelIdle(live) {
  (window.cancelIdleCallback ?? clearTimeout)(live.idle);
}
