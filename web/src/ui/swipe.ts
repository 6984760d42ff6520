// A finger that draws a message to the left answers it. Only fingers, and only when they move along the line more than across it.

const FAR_PX = 64;

export function swipe(element: HTMLElement, done: () => void): { destroy: () => void; update: (next: () => void) => void } {
  let work = done;
  let begun: { x: number; y: number; id: number } | null = null;
  let drawn = 0;

  const draw = (px: number): void => {
    drawn = px;
    element.style.setProperty('transform', px ? `translateX(${px}px)` : '');
    element.style.setProperty('transition', px ? 'none' : 'transform 0.18s');
    element.toggleAttribute('data-swiped', px <= -FAR_PX);
  };
  const end = (): void => {
    const far = drawn <= -FAR_PX;
    begun = null;
    if (drawn !== 0) draw(0);
    if (far) work();
  };
  const start = (e: TouchEvent): void => {
    if (e.touches.length === 1 && !(e.target as Element).closest('code')) begun = { x: e.touches[0].clientX, y: e.touches[0].clientY, id: e.touches[0].identifier };
    else begun = null;
  };
  const move = (e: TouchEvent): void => {
    const touch = begun && [...e.touches].find((t) => t.identifier === begun?.id);
    if (!touch || !begun) return;
    const [dx, dy] = [touch.clientX - begun.x, touch.clientY - begun.y];
    if (drawn === 0 && (Math.abs(dy) > 10 || dx > 6)) begun = null;
    else if (drawn !== 0 || dx < -12) draw(Math.max(-FAR_PX * 1.4, Math.min(0, dx + 12)));
  };
  element.addEventListener('touchstart', start, { passive: true });
  element.addEventListener('touchmove', move, { passive: true });
  element.addEventListener('touchend', end);
  element.addEventListener('touchcancel', () => {
    drawn = 0;
    draw(0);
    end();
  });
  return {
    destroy: () => {},
    update: (next) => (work = next),
  };
}
