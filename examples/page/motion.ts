const reduced = matchMedia('(prefers-reduced-motion: reduce)');

/** True if the system of the page's reader asks for less motion. */
export const isMotionReduced = () => reduced.matches;

/**
 * Draws on each frame of the page, or once a second if less motion is asked for. The function that
 * it returns draws at once.
 */
export function animate(draw: () => void): () => void {
  let before = Number.NEGATIVE_INFINITY;
  const frame = (time: number) => {
    if (!isMotionReduced() || time - before >= 1000) {
      before = time;
      draw();
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return draw;
}
