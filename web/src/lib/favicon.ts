// The number of what is unread, on the sign of the tab and, where the page is installed, on its icon.

const SIDE = 64;

let plain: Promise<HTMLImageElement> | null = null;
let drawn = 0;
let wanted = 0;

function sign(): Promise<HTMLImageElement> {
  plain ??= new Promise((resolve, reject) => {
    const image = new Image(SIDE, SIDE);
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = '/favicon.svg';
  });
  return plain;
}

function with_number(image: HTMLImageElement, n: number): string {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const paper = canvas.getContext('2d');
  if (!paper) return '/favicon.svg';
  paper.drawImage(image, 0, 0, SIDE, SIDE);
  const text = n > 99 ? '99' : String(n);
  const radius = text.length > 1 ? 21 : 18;
  paper.beginPath();
  paper.arc(SIDE - radius, SIDE - radius, radius, 0, 2 * Math.PI);
  paper.fillStyle = '#c62828';
  paper.fill();
  paper.fillStyle = '#ffffff';
  paper.font = `bold ${text.length > 1 ? 27 : 30}px system-ui, sans-serif`;
  paper.textAlign = 'center';
  paper.textBaseline = 'middle';
  paper.fillText(text, SIDE - radius, SIDE - radius + 2);
  return canvas.toDataURL('image/png');
}

export async function show_count(n: number): Promise<void> {
  wanted = n;
  if (n > 0) void navigator.setAppBadge?.(n).catch(() => {});
  else void navigator.clearAppBadge?.().catch(() => {});
  if (n === drawn) return;
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (!link) return;
  try {
    const href = n > 0 ? with_number(await sign(), n) : '/favicon.svg';
    if (wanted !== n) return;
    drawn = n;
    link.type = n > 0 ? 'image/png' : 'image/svg+xml';
    link.href = href;
  } catch {
    // The title tells the number, too.
  }
}
